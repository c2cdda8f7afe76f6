using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>Every name the operator gives to something, from the instance's own; a user may rely on them.</summary>
public sealed record InstanceNames(string Namespace, string Instance)
{
    public static InstanceNames Of(RucioInstance instance) => new(instance.Metadata.NamespaceProperty, instance.Metadata.Name);

    public string Database => $"{Instance}-database";

    /// <summary>Server of the modes embedded and cloudNativePG, and its Service or the stem of its Services; CloudNativePG allows 50 characters.</summary>
    public string Postgres => Short($"{Instance}-postgres");

    /// <summary>Superuser of the embedded server.</summary>
    public string PostgresLogin => $"{Postgres}-login";
    public string PostgresTls => $"{Postgres}-tls";
    public string PostgresHost => $"{Postgres}.{Namespace}.svc";
    public string PostgresObserver => $"{Postgres}-observer";
    public string SuperRoot => $"{Instance}-super-root";
    public string AdminTls => $"{Instance}-admin-tls";
    public string Config => $"{Instance}-config";
    public string ConfigApi => $"{Instance}-config-api";
    public string ConfigAdmin => $"{Instance}-config-admin";
    public string ConfigDaemons => $"{Instance}-config-daemons";
    public string ConfigBootstrap => $"{Instance}-config-bootstrap";
    public string Vos => $"{Instance}-vos";
    public string Policy => $"{Instance}-policy";

    /// <summary>Secret with a policy package that was checked.</summary>
    public string PolicyPackage(string name) => $"{Instance}-policy-{name}";

    /// <summary>ConfigMap of the script that checks them.</summary>
    public string PolicyCheck => $"{Instance}-check-policy";

    /// <summary>Job that checks one, and Secret with what it checks.</summary>
    public string PolicyCheckOf(string name, string fingerprint) => Short($"{Instance}-check-{name}-{fingerprint}");
    public string Httpd => $"{Instance}-httpd";
    public string Bootstrap => $"{Instance}-bootstrap";

    /// <summary>Scripts that run while the catalogue is migrated.</summary>
    public string Upgrade => $"{Instance}-upgrade";
    public string Migrate => $"{Instance}-migrate";
    public string Backup => $"{Instance}-backup";
    public string Api => $"{Instance}-api";
    public string Admin => $"{Instance}-admin";
    public string ConfigOidc => $"{Instance}-config-oidc";
    public string IdpSecrets => $"{Instance}-idpsecrets";

    /// <summary>Secret with the keys of all storages, by RSE id.</summary>
    public string RseAccounts => $"{Instance}-rse-accounts";

    /// <summary>Secret with the proxy of the default credential.</summary>
    public string Proxy => $"{Instance}-proxy";

    /// <summary>Secrets with the proxies of VOs, 0 to f.</summary>
    public string Proxies(int shard) => $"{Instance}-proxies-{shard:x}";
    public string Memcached => $"{Instance}-memcached";
    public string PodMonitor => Instance;
    public string PrometheusRule => Instance;
    public string Auth => $"{Instance}-auth";
    public string Webui => $"{Instance}-webui";
    public string Trace => $"{Instance}-trace";
    public string ConfigAuth => $"{Instance}-config-auth";
    public string ConfigTrace => $"{Instance}-config-trace";

    /// <summary>ConfigMap of the trusted authorities.</summary>
    public string Trust => $"{Instance}-trust";

    /// <summary>ConfigMap with a part of the fetched revocation lists.</summary>
    public string RevocationLists(char letter) => $"{Instance}-crl-{letter}";

    /// <summary>ConfigMap with the authorities that clients need to know the servers by.</summary>
    public string ClientAuthorities => $"{Instance}-client-ca";

    /// <summary>ConfigMap with the authority of <see cref="X509Probe"/> alone, which nobody but the auth server knows.</summary>
    public string ProbeAuthority => $"{Instance}-x509-probe-ca";

    /// <summary>Secret with the certificate that proves the auth server's verification.</summary>
    public string X509Probe => $"{Instance}-x509-probe";
    public string WebuiSession => $"{Instance}-webui-session";

    /// <summary>Secret that cert-manager writes for a server.</summary>
    public string Tls(string component) => $"{Instance}-{component}-tls";

    /// <summary>A server's Deployment and Service.</summary>
    public string Server(string component) => $"{Instance}-{component}";

    /// <summary>Load balancer in front of a server.</summary>
    public string Public(string component) => $"{Instance}-{component}-public";
    public string ServiceAccount => $"{Instance}-rucio";

    /// <summary>Options of one daemon or group alone.</summary>
    public string ConfigOf(string daemon) => $"{Instance}-config-{daemon}";
    public string Daemon(string daemon) => $"{Instance}-{daemon}";

    /// <summary>The credential of a VO's root; lives in the instance's namespace, never in the tenant's.</summary>
    public string VoRoot(string tag) => $"{Instance}-vo-{tag}-root";

    public string AdminHost => $"{Admin}.{Namespace}.svc";
    public string AuthHost => $"{Auth}.{Namespace}.svc";

    /// <summary>Where clients inside the cluster find the public API.</summary>
    public string ApiUrl => $"http://{Api}.{Namespace}.svc";

    private string Short(string name)
    {
        const int most = 50;
        if (name.Length <= most)
        {
            return name;
        }
        var digest = Digest.Of(name, 8);
        return $"{name[..(most - 9)].TrimEnd('-', '.')}-{digest}";
    }

    /// <summary>PostgreSQL name where none is given: letters, digits and underscores, at most 52 so that <c>_observer</c> fits into 63.</summary>
    public string DefaultDatabaseName()
    {
        var name = $"rucio_{Namespace}_{Instance}".Replace('-', '_').Replace('.', '_');
        if (name.Length <= 52)
        {
            return name;
        }
        var digest = Digest.Of($"{Namespace}/{Instance}", 8);
        return $"{name[..43]}_{digest}";
    }
}

/// <summary>Names in a tenant's namespace.</summary>
public static class LoginNames
{
    private const int MostOfSecret = 253;

    /// <summary>Secret of a generated login. Rucio's account names may have what names in Kubernetes may not.</summary>
    public static string Secret(string vo, string account)
    {
        var name = $"{vo}-{account}-login";
        if (name.Length <= MostOfSecret && account.All(c => c is '-' or >= 'a' and <= 'z' or >= '0' and <= '9'))
        {
            return name;
        }
        var digest = Digest.Of($"{vo}/{account}", 8);
        return $"{vo[..Math.Min(vo.Length, MostOfSecret - account.Length - digest.Length - 8)]}-{account.Replace('_', '-')}-{digest}-login";
    }
}

/// <summary>Labels on everything the operator makes.</summary>
public static class Labels
{
    public const string ManagedBy = "app.kubernetes.io/managed-by";
    public const string Operator = "rucio-operator";
    public const string Instance = Api.ApiGroup.Name + "/instance";
    public const string Component = Api.ApiGroup.Name + "/component";

    /// <summary>Namespace of the VO whose login a Secret holds, where that is not the Secret's own.</summary>
    public const string Vo = Api.ApiGroup.Name + "/vo";

    /// <summary>Tag of the VO to which a generated login belongs.</summary>
    public const string Tag = Api.ApiGroup.Name + "/tag";

    /// <summary>On what must outlive the instance (data, credentials): no ownerReference, never pruned.</summary>
    public const string RetainAnnotation = Api.ApiGroup.Name + "/retain";

    public static Dictionary<string, string> Of(string instance, string component) => new()
    {
        [ManagedBy] = Operator,
        ["app.kubernetes.io/name"] = "rucio",
        [Instance] = instance,
        [Component] = component,
    };

    /// <summary>What a Service or Deployment selects; never changes, since selectors are immutable.</summary>
    public static Dictionary<string, string> Selector(string instance, string component) => new()
    {
        [Instance] = instance,
        [Component] = component,
    };
}
