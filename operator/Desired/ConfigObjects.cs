using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>Secrets with conf.d files, and the ConfigMaps with the Python that runs in Rucio's pods.</summary>
public static class ConfigObjects
{
    private static readonly ConditionalWeakTable<InstanceInputs, IReadOnlyList<V1Secret>> Made = [];

    /// <summary>Made once for one and the same inputs: every pod's hash asks for them.</summary>
    public static IReadOnlyList<V1Secret> Secrets(InstanceInputs i) => Made.GetValue(i, static inputs => [.. Make(inputs)]);

    private static IEnumerable<V1Secret> Make(InstanceInputs i)
    {
        var names = i.Names;
        yield return Secret(i, names.Config, "10-common.json", RucioConfig.Common(i));
        yield return Secret(i, names.ConfigAdmin, "20-admin.json", RucioConfig.AdminApi(i.Release, i.Instance.Spec.MultiVo));
        yield return Secret(i, names.ConfigApi, "20-api.json", RucioConfig.PublicApi(i));
        yield return Secret(i, names.ConfigDaemons, "20-daemons.json", RucioConfig.Daemons());
        yield return Secret(i, names.ConfigBootstrap, "30-bootstrap.json", RucioConfig.Bootstrap(i.SuperRoot));
        if (i.OidcClients.Count > 0)
        {
            yield return Secret(i, names.ConfigOidc, "25-oidc.json", OidcConfig.Options(i).Json);
            yield return Secret(i, names.IdpSecrets, OidcConfig.SecretsFile, OidcConfig.IdpSecrets(i));
        }
        if (i.Instance.Spec.Auth is not null)
        {
            yield return Secret(i, names.ConfigAuth, "20-auth.json", RucioConfig.Auth(i));
        }
        if (i.Instance.Spec.Trace is not null)
        {
            yield return Secret(i, names.ConfigTrace, "20-trace.json", RucioConfig.Trace(i));
        }
        yield return Secret(i, names.RseAccounts, RseAccounts.File, RseAccounts.Content(i));
        foreach (var proxies in Proxies.Secrets(i))
        {
            yield return proxies;
        }
        yield return Secret(i, names.Vos, "90-vos.json", RucioConfig.Vos(i));
        foreach (var workload in Daemons.Of(i))
        {
            if (RucioConfig.Daemon(i, workload) is { IsEmpty: false } own)
            {
                yield return Secret(i, names.ConfigOf(workload.Name), $"40-{workload.Name}.json", own.Json);
            }
        }
    }

    /// <summary>There are options for this workload alone.</summary>
    public static bool HasOwn(InstanceInputs i, DaemonWorkload workload) => !RucioConfig.Daemon(i, workload).IsEmpty;

    public static IEnumerable<V1ConfigMap> ConfigMaps(InstanceInputs i)
    {
        yield return ConfigMap(i, i.Names.Bootstrap, new Dictionary<string, string> { [BootstrapScript.FileName] = BootstrapScript.Text });
        yield return ConfigMap(i, i.Names.Httpd, Httpd.Files);
        yield return ConfigMap(i, i.Names.Policy, PolicyPackagePods.Files(i));
        if (i.Trust.Any)
        {
            yield return ConfigMap(i, i.Names.Trust, i.Trust.Files);
        }
        foreach (var (letter, lists) in i.Trust.Fetched.Files)
        {
            yield return ConfigMap(i, i.Names.RevocationLists(letter), lists);
        }
        if (i.ClientAuthorities is { } authorities)
        {
            yield return ConfigMap(i, i.Names.ClientAuthorities, new Dictionary<string, string> { [ClientConfig.AuthorityEntry] = authorities });
        }
        if (i.Trust.Probe.Count > 0)
        {
            yield return ConfigMap(i, i.Names.ProbeAuthority, i.Trust.Probe);
        }
    }

    private static V1Secret Secret(InstanceInputs i, string name, string file, JsonObject content) => new()
    {
        ApiVersion = "v1",
        Kind = "Secret",
        Metadata = Meta(i, name),
        Type = "Opaque",
        Data = new Dictionary<string, byte[]> { [file] = Encoding.UTF8.GetBytes(content.ToJsonString()) },
    };

    private static V1ConfigMap ConfigMap(InstanceInputs i, string name, IReadOnlyDictionary<string, string> files) => new()
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Metadata = Meta(i, name),
        Data = new Dictionary<string, string>(files),
    };

    private static V1ObjectMeta Meta(InstanceInputs i, string name) => new()
    {
        Name = name,
        NamespaceProperty = i.Names.Namespace,
        Labels = Labels.Of(i.Names.Instance, "config"),
    };
}
