using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>
/// rucio.cfg as JSON files in conf.d, merged by the images' own script (section → option → text). Rules learnt from that
/// script (tools/merge_rucio_configs.py): text values only, <c>%</c> doubled, and <c>multi_vo</c> only when true, since
/// the bootstrap takes any text there for yes.
/// </summary>
public static class RucioConfig
{
    public const string DatabaseCaPath = "/opt/rucio/database-ca/ca.crt";

    /// <summary>The public authorities, where the images (AlmaLinux) keep them.</summary>
    private const string SystemCaPath = "/etc/pki/tls/certs/ca-bundle.crt";

    /// <summary>For every process; sections that one daemon alone reads are in <see cref="Daemon"/>.</summary>
    public static JsonObject Common(InstanceInputs i)
    {
        var (instance, database) = (i.Instance, i.Database);
        var config = (instance.Spec.MultiVo ? MultiVo() : SingleVo(i))
            .Set("common", "loglevel", "INFO")
            // The operator counts on it, and a file wins over the config table.
            .Set("importer", "rse_sync_method", "edit")
            .Set("importer", "attr_sync_method", "edit")
            .Set("database", "default", DatabaseUrl(database))
            .Set("database", "schema", database.Address.Schema)
            .Set("database", "pool_size", "5")
            .Set("database", "max_overflow", "10")
            .Set("database", "pool_recycle", "600")
            .Set("hermes", "services_list", string.Join(',', DaemonNeeds.MessageServices(instance.Spec)))
            // Where the package's own data files are; the images' default names a folder they have not.
            .Set("common", "mailtemplatedir", "/usr/local/rucio/etc/mail_templates")
            // The images' default leaves davs out. Empty: every scheme that the storages have.
            .Set("conveyor", "scheme", "");
        if (instance.Spec.Transfers?.FtsServers is { Count: > 0 })
        {
            config.Set("conveyor", "transfertool", "fts3");
        }
        Proxies.Configure(config, i);
        if (Memcached.Url(i) is { } cache)
        {
            config.Set("cache", "url", cache);
        }
        var own = i.Release.Daemons.Values.SelectMany(d => d.Sections).ToHashSet(StringComparer.Ordinal);
        config.Set(instance.Spec.Config, section => !own.Contains(section));
        Secrets(config, i, section => !own.Contains(section));
        return config.Json;
    }

    private static ConfigDocument MultiVo() => new ConfigDocument()
        .Set("common", "multi_vo", "True")
        .Set("policy", "permission", "generic_multi_vo")
        .Set("policy", "schema", "generic_multi_vo")
        .Set("policy", "package-def", TenantPolicyPackage.Name);

    private static ConfigDocument SingleVo(InstanceInputs i) => new ConfigDocument()
        .Set("policy", "permission", "generic")
        .Set("policy", "schema", "generic")
        .Set("policy", "package", PolicyPackagePods.ModuleOf(i, BaseVo.Tag));

    public static JsonObject PublicApi(InstanceInputs i) => Browsers(new ConfigDocument(), i).Set(i.Instance.Spec.Api?.Config).Set("api", "endpoints", string.Join(",", i.Release.Endpoints.PublicOf(i.Instance.Spec.MultiVo))).Json;

    /// <summary><c>vos</c> and its like exist in a multi-VO Rucio only.</summary>
    public static JsonObject AdminApi(Release release, bool multiVo) => multiVo ? new ConfigDocument().Set("api", "endpoints_add", string.Join(",", release.Endpoints.AdminAdditions)).Json : [];

    public static JsonObject Auth(InstanceInputs i) => Browsers(new ConfigDocument(), i).Set("api", "endpoints", "auth,ping").Json;

    public static JsonObject Trace(InstanceInputs i)
    {
        var config = new ConfigDocument().Set("api", "endpoints", "ping,traces");
        BrokerConfig.TraceServer(config, i);
        return config.Json;
    }

    /// <summary>Pages of the web UI call these servers from browsers; without this option Rucio answers their preflights with 500.</summary>
    private static ConfigDocument Browsers(ConfigDocument config, InstanceInputs i) =>
        i.Instance.Spec.Webui is { } webui ? config.Set("webui", "urls", Exposure.Url(webui)) : config;

    public static JsonObject Daemons() => new ConfigDocument().Set("monitor", "enable_metrics", "True").Set("monitor", "metrics_port", $"{Desired.Daemons.MetricsPort}").Json;

    /// <summary>What one workload alone reads, in this order: the spec's sections for that daemon, its broker, its own options.</summary>
    public static ConfigDocument Daemon(InstanceInputs i, DaemonWorkload workload)
    {
        var config = new ConfigDocument().Set(i.Instance.Spec.Config, workload.Release.Sections.Contains);
        Secrets(config, i, workload.Release.Sections.Contains);
        switch (workload.Daemon)
        {
            case "hermes":
                BrokerConfig.Hermes(config, i);
                break;
            case "conveyor-receiver":
                BrokerConfig.Receiver(config, i);
                break;
            case "kronos":
                BrokerConfig.Kronos(config, i);
                break;
            case "conveyor-submitter" when i.Instance.Spec.Transfers?.Schemes is { Count: > 0 } schemes:
                config.Set("conveyor", "scheme", string.Join(',', schemes));
                break;
            // One way of asking for all VOs (lib/rucio/daemons/conveyor/poller.py); without a token it takes the certificate.
            case "conveyor-poller" when i.Instance.Spec.Transfers?.Mode == TransferMode.Tokens && i.Instance.Spec.Config?.GetValueOrDefault("conveyor")?.ContainsKey("poller_oidc_support") != true:
                config.Set("conveyor", "poller_oidc_support", "True");
                break;
        }
        return config.Set(workload.Config);
    }

    private static void Secrets(ConfigDocument config, InstanceInputs i, Func<string, bool> wanted)
    {
        foreach (var secret in (i.Instance.Spec.ConfigSecrets ?? []).Where(s => wanted(s.Section)))
        {
            config.Set(secret.Section, secret.Option, i.Secret(secret.SecretKeyRef.Name, secret.SecretKeyRef.Key));
        }
    }

    /// <summary>Every option, empty where unused: an absent one means a published identity (lib/rucio/db/sqla/util.py).</summary>
    public static JsonObject Bootstrap(DatabaseLogin superRoot)
    {
        var config = new ConfigDocument()
            .Set("bootstrap", "userpass_identity", superRoot.Username)
            .Set("bootstrap", "userpass_pwd", superRoot.Password)
            .Set("bootstrap", "userpass_email", "root@localhost");
        foreach (var option in (string[])["x509_identity", "x509_email", "gss_identity", "gss_email", "ssh_identity", "ssh_email", "saml_id", "saml_email"])
        {
            config.Set("bootstrap", option, "");
        }
        return config.Json;
    }

    /// <summary>
    /// The same lines as in the config table, for processes that start without it; not hashed into any pod. For a VO with a
    /// package of its own this line wins, and of that the pods' hash knows.
    /// </summary>
    public static JsonObject Vos(InstanceInputs i)
    {
        var config = new ConfigDocument();
        foreach (var tag in i.VoTags.Where(t => t != BaseVo.Tag).Order(StringComparer.Ordinal))
        {
            config.Set("policy", $"package-{tag}", PolicyPackagePods.ModuleOf(i, tag));
        }
        return config.Json;
    }

    /// <summary>SQLAlchemy's URL with psycopg 3; user and password are URL-encoded here, <c>%</c> is doubled when written.</summary>
    public static string DatabaseUrl(DatabaseAccess database)
    {
        var (address, owner) = (database.Address, database.Owner);
        var host = address.Host.Contains(':') ? $"[{address.Host}]" : address.Host;
        var query = $"sslmode={Database.LibpqSslMode(address.SslMode)}";
        if (address.CaPem is not null || address.SslMode is DatabaseSslMode.VerifyCA or DatabaseSslMode.VerifyFull)
        {
            // Told to verify and not by what, libpq looks into the home of its user, and fails.
            query += $"&sslrootcert={Uri.EscapeDataString(address.CaPem is null ? SystemCaPath : DatabaseCaPath)}";
        }
        return $"postgresql+psycopg://{Uri.EscapeDataString(owner.Username)}:{Uri.EscapeDataString(owner.Password)}@{host}:{address.Port}/{Uri.EscapeDataString(address.Name)}?{query}";
    }
}
