using k8s;
using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>
/// Stands in for a server while the catalogue is migrated: 503 with Retry-After, which Rucio's clients repeat, and no
/// connection to the database. Same name, Service, ports and certificate, so that whatever exposes the server stays as it is.
/// </summary>
public static class MaintenanceServer
{
    public const string FileName = "maintenance.py";
    private const string Folder = "/opt/rucio/maintenance";

    public static string Script { get; } = EmbeddedFile.Read($"Desired/Upgrade/{FileName}");

    /// <summary>Those that clients call and repeat; the others go to 0.</summary>
    public static bool StandsIn(V1Deployment server) => server.Spec.Selector.MatchLabels[Labels.Component] is "api" or "auth";

    public static V1Deployment For(InstanceInputs i, V1Deployment server)
    {
        var pod = server.Spec.Template.Spec;
        var rucio = pod.Containers[0];
        Phased.Marked(server, Phased.Maintenance);
        server.Spec.Template.Metadata.Annotations = null;
        pod.InitContainers = null;
        pod.Containers =
        [
            new V1Container
            {
                Name = rucio.Name,
                Image = rucio.Image,
                Command = ["python3", $"{Folder}/{FileName}"],
                Args = [.. rucio.Ports.Select(p => IsTls(p.Name) ? $"{p.ContainerPort}s" : $"{p.ContainerPort}")],
                Ports = rucio.Ports,
                VolumeMounts = [.. Certificate(rucio), new V1VolumeMount { Name = "maintenance", MountPath = Folder, ReadOnlyProperty = true }],
                Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("10m"), ["memory"] = new("64Mi") } },
                SecurityContext = rucio.SecurityContext,
                ReadinessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = rucio.Ports[0].Name }, PeriodSeconds = 2 },
            },
        ];
        var mounted = pod.Containers[0].VolumeMounts.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        pod.Volumes = [.. pod.Volumes.Where(v => mounted.Contains(v.Name)), new V1Volume { Name = "maintenance", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.Upgrade } }];
        server.Spec.Replicas = 1;
        // The old ones must go even where their successor does not come up.
        server.Spec.Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxUnavailable = "100%", MaxSurge = 1 } };
        return server;
    }

    private static bool IsTls(string? port) => port is "https";

    private static IEnumerable<V1VolumeMount> Certificate(V1Container rucio) =>
        rucio.VolumeMounts.All(m => m.Name != "tls") ? [] :
        [
            new() { Name = "tls", MountPath = "/etc/grid-security/hostcert.pem", SubPath = "tls.crt", ReadOnlyProperty = true },
            new() { Name = "tls", MountPath = "/etc/grid-security/hostkey.pem", SubPath = "tls.key", ReadOnlyProperty = true },
        ];
}
