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

    public static JsonObject Common(RucioInstance instance, DatabaseAccess database)
    {
        var config = (instance.Spec.MultiVo ? MultiVo() : SingleVo())
            .Set("common", "loglevel", "INFO")
            .Set("database", "default", DatabaseUrl(database))
            .Set("database", "schema", database.Address.Schema)
            .Set("database", "pool_size", "5")
            .Set("database", "max_overflow", "10")
            .Set("database", "pool_recycle", "600")
            // Unset, hermes' default list makes every process write message rows that nobody sends.
            .Set("hermes", "services_list", "");
        if (instance.Spec.Transfers?.FtsServers is { Count: > 0 })
        {
            config.Set("conveyor", "transfertool", "fts3");
        }
        foreach (var (section, options) in instance.Spec.Config ?? new Dictionary<string, IReadOnlyDictionary<string, string>>())
        {
            foreach (var (option, text) in options)
            {
                config.Set(section, option, text);
            }
        }
        return config.Json;
    }

    private static ConfigDocument MultiVo() => new ConfigDocument()
        .Set("common", "multi_vo", "True")
        .Set("policy", "permission", "generic_multi_vo")
        .Set("policy", "schema", "generic_multi_vo")
        .Set("policy", "package-def", TenantPolicyPackage.Name);

    private static ConfigDocument SingleVo() => new ConfigDocument()
        .Set("policy", "permission", "generic")
        .Set("policy", "schema", "generic")
        .Set("policy", "package", TenantPolicyPackage.Name);

    public static JsonObject PublicApi(Release release, bool multiVo) => new ConfigDocument().Set("api", "endpoints", string.Join(",", release.Endpoints.PublicOf(multiVo))).Json;

    /// <summary><c>vos</c> and its like exist in a multi-VO Rucio only.</summary>
    public static JsonObject AdminApi(Release release, bool multiVo) => multiVo ? new ConfigDocument().Set("api", "endpoints_add", string.Join(",", release.Endpoints.AdminAdditions)).Json : [];

    public static JsonObject Daemons() => new ConfigDocument().Set("monitor", "enable_metrics", "True").Set("monitor", "metrics_port", "8080").Json;

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

    /// <summary>The same lines as in the config table, for processes that start without it; not hashed into any pod.</summary>
    public static JsonObject Vos(IEnumerable<string> tags)
    {
        var config = new ConfigDocument();
        foreach (var tag in tags.Where(t => t != BaseVo.Tag).Order(StringComparer.Ordinal))
        {
            config.Set("policy", $"package-{tag}", TenantPolicyPackage.Name);
        }
        return config.Json;
    }

    /// <summary>SQLAlchemy's URL with psycopg 3; user and password are URL-encoded here, <c>%</c> is doubled when written.</summary>
    public static string DatabaseUrl(DatabaseAccess database)
    {
        var (address, owner) = (database.Address, database.Owner);
        var host = address.Host.Contains(':') ? $"[{address.Host}]" : address.Host;
        var query = $"sslmode={Database.LibpqSslMode(address.SslMode)}";
        if (address.CaPem is not null)
        {
            query += $"&sslrootcert={Uri.EscapeDataString(DatabaseCaPath)}";
        }
        return $"postgresql+psycopg://{Uri.EscapeDataString(owner.Username)}:{Uri.EscapeDataString(owner.Password)}@{host}:{address.Port}/{Uri.EscapeDataString(address.Name)}?{query}";
    }

    private sealed class ConfigDocument
    {
        public JsonObject Json { get; } = [];

        public ConfigDocument Set(string section, string option, string text)
        {
            if (Json[section] is not JsonObject options)
            {
                Json[section] = options = [];
            }
            options[option] = text.Replace("%", "%%");
            return this;
        }
    }
}
