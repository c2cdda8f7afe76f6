using System.Text;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>What server, daemon and bootstrap pods have in common: config, policy, trust, security, and when they roll.</summary>
public static class RucioPod
{
    public const string ConfigHashAnnotation = ApiGroup.Name + "/config-hash";

    public static V1PodTemplateSpec Template(InstanceInputs i, string component, V1Container container, IEnumerable<string> configSecrets, IEnumerable<V1Volume>? volumes = null, string? extraHash = null, string? program = null)
    {
        program ??= component;
        PodMonitors.Export(i, container);
        string[] config = [.. configSecrets, .. OidcConfig.ConfigSecrets(i, program)];
        container.VolumeMounts = [.. container.VolumeMounts, .. OidcConfig.Mounts(i, program), .. RseAccounts.Mounts(i, program)];
        container.Env = [.. container.Env, .. RseAccounts.Environment(i, program)];
        var template = Pod(i, component, container, config, [.. volumes ?? [], .. OidcConfig.Volumes(i, program), .. RseAccounts.Volumes(i, program)], extraHash + OidcConfig.HashText(i, program));
        PolicyPackagePods.Mark(i, template);
        return template;
    }

    private static V1PodTemplateSpec Pod(InstanceInputs i, string component, V1Container container, IReadOnlyCollection<string> configSecrets, IEnumerable<V1Volume> volumes, string extraHash) => Authorities.Trusting(i, new()
    {
        Metadata = new V1ObjectMeta
        {
            Labels = Labels.Of(i.Names.Instance, component),
            Annotations = new Dictionary<string, string> { [ConfigHashAnnotation] = Hash(i, configSecrets, extraHash) },
        },
        Spec = new V1PodSpec
        {
            ServiceAccountName = i.Names.ServiceAccount,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            ImagePullSecrets = Restricted.PullSecrets(i.Instance),
            SecurityContext = Restricted.Unconfined(),
            TopologySpreadConstraints = [Spread(i, component, "kubernetes.io/hostname"), Spread(i, component, "topology.kubernetes.io/zone")],
            InitContainers = i.PolicyPackages.Select(PolicyPackagePods.Copy).OfType<V1Container>().ToList() is { Count: > 0 } copies ? copies : null,
            Containers = [container],
            Volumes = [ConfigVolume(configSecrets), PolicyVolume(i), .. i.PolicyPackages.Select(p => PolicyPackagePods.Volume(p, i.Names.PolicyPackage(p.Name))), .. DatabaseCaVolume(i), .. volumes],
        },
    });

    /// <summary>Of restricted pods; the images call it nobody.</summary>
    private const long User = 65534;

    /// <summary>
    /// For what has to start as root, with what that root needs (PodSecurity: baseline). Servers write /etc/httpd, bind low ports
    /// and switch to apache; who trusts more CAs writes the system's trust store, in folders that are read-only even to their owner;
    /// and grid tools refuse a proxy that its user does not own alone, which a Secret's file in another user's pod can't be.
    /// </summary>
    public static V1SecurityContext Security() => new()
    {
        AllowPrivilegeEscalation = false,
        Capabilities = new V1Capabilities { Drop = ["ALL"], Add = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"] },
    };

    /// <summary>For what needs no root (PodSecurity: restricted).</summary>
    /// <param name="writable">Folders that are empty at start, and in memory: the merged configuration holds passwords.</param>
    public static void Restrict(V1PodTemplateSpec template, bool readOnlyRoot, params string[] writable)
    {
        Authorities.Forget(template);
        var (pod, container) = (template.Spec, template.Spec.Containers[0]);
        pod.SecurityContext = Restricted.Pod(User);
        container.SecurityContext = Restricted.Container(readOnlyRoot);
        container.Env = [.. container.Env, new V1EnvVar { Name = "HOME", Value = "/tmp" }];
        container.VolumeMounts = [.. writable.Select(path => new V1VolumeMount { Name = Volume(path), MountPath = path }), .. container.VolumeMounts];
        pod.Volumes = [.. pod.Volumes, .. writable.Select(path => new V1Volume { Name = Volume(path), EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory", SizeLimit = new("16Mi") } })];

        static string Volume(string path) => path.Trim('/').Replace('/', '-');
    }

    public static List<V1VolumeMount> Mounts(InstanceInputs i) =>
    [
        new V1VolumeMount { Name = "config", MountPath = "/opt/rucio/etc/conf.d", ReadOnlyProperty = true },
        new V1VolumeMount { Name = "policy", MountPath = $"/opt/rucio/policy/{TenantPolicyPackage.Name}", ReadOnlyProperty = true },
        .. i.PolicyPackages.Select(PolicyPackagePods.Mount),
        .. i.Database.Address.CaPem is null ? (V1VolumeMount[])[] : [new V1VolumeMount { Name = "database-ca", MountPath = Path.GetDirectoryName(RucioConfig.DatabaseCaPath)!, ReadOnlyProperty = true }],
    ];

    public static List<V1EnvVar> Environment(params (string Name, string Value)[] more) =>
    [
        new V1EnvVar { Name = "RUCIO_OVERRIDE_CONFIGS", Value = "/opt/rucio/etc/conf.d/" },
        new V1EnvVar { Name = "PYTHONPATH", Value = "/opt/rucio/policy" },
        .. more.Select(m => new V1EnvVar { Name = m.Name, Value = m.Value }),
    ];

    public static string ServerImage(InstanceInputs i) => FromRegistry(i, i.Release.Images.ServerOf(i.Instance.Spec.Version));

    public static string DaemonsImage(InstanceInputs i) => FromRegistry(i, i.Release.Images.DaemonsOf(i.Instance.Spec.Version));

    /// <summary>A mirror keeps the last part of the name.</summary>
    public static string FromRegistry(InstanceInputs i, string image) =>
        i.Instance.Spec.Images is { } images ? $"{images.Registry.TrimEnd('/')}/{image[(image.LastIndexOf('/') + 1)..]}" : image;

    /// <summary>As the spec has them; ours only where it says nothing, since half of the one and half of the other may contradict.</summary>
    public static V1ResourceRequirements Resources(ResourcesSpec? spec, string cpu, string memory, string? memoryLimit = null) => spec is not null
        ? new() { Requests = Quantities(spec.Requests), Limits = Quantities(spec.Limits) }
        : new()
        {
            Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu), ["memory"] = new(memory) },
            Limits = memoryLimit is null ? null : new Dictionary<string, ResourceQuantity> { ["memory"] = new(memoryLimit) },
        };

    /// <summary>Not all on one node or in one zone where there is a choice; a small cluster still runs all of them.</summary>
    private static V1TopologySpreadConstraint Spread(InstanceInputs i, string component, string topology) => new()
    {
        MaxSkew = 1,
        TopologyKey = topology,
        WhenUnsatisfiable = "ScheduleAnyway",
        LabelSelector = new V1LabelSelector { MatchLabels = Labels.Selector(i.Names.Instance, component) },
    };

    private static Dictionary<string, ResourceQuantity>? Quantities(IReadOnlyDictionary<string, string>? values) =>
        values?.ToDictionary(v => v.Key, v => new ResourceQuantity(v.Value));

    /// <summary>Over what is mounted, so that a change rolls the pods that read it; the VO lines are reloaded through Rucio's config table instead.</summary>
    private static string Hash(InstanceInputs i, IEnumerable<string> configSecrets, string? extra)
    {
        var wanted = configSecrets.Where(s => s != i.Names.Vos).ToHashSet(StringComparer.Ordinal);
        var text = new StringBuilder();
        foreach (var secret in ConfigObjects.Secrets(i).Where(s => wanted.Contains(s.Metadata.Name)))
        {
            foreach (var (file, content) in secret.Data)
            {
                text.Append(file).Append('\0').Append(Convert.ToBase64String(content)).Append('\n');
            }
        }
        foreach (var (file, content) in TenantPolicyPackage.Files)
        {
            text.Append(file).Append('\0').Append(content).Append('\n');
        }
        text.Append(PolicyPackagePods.HashText(i)).Append(i.Database.Address.CaPem).Append('\n').Append(extra);
        return Digest.Of(text.ToString(), 16);
    }

    private static V1Volume ConfigVolume(IEnumerable<string> secrets) => new()
    {
        Name = "config",
        Projected = new V1ProjectedVolumeSource
        {
            Sources = [.. secrets.Select(s => new V1VolumeProjection { Secret = new V1SecretProjection { Name = s } })],
        },
    };

    private static V1Volume PolicyVolume(InstanceInputs i) => new() { Name = "policy", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.Policy } };

    private static IEnumerable<V1Volume> DatabaseCaVolume(InstanceInputs i)
    {
        if (i.Database.Address is { CaPem: not null, CaSecret: { } secret })
        {
            yield return new V1Volume { Name = "database-ca", Secret = new V1SecretVolumeSource { SecretName = secret, Items = [new V1KeyToPath { Key = "ca.crt", Path = "ca.crt" }] } };
        }
    }
}
