namespace RucioOperator.Api.Validation;

/// <summary>Sections and options of rucio.cfg that are the operator's; <c>spec.config</c> may not name them.</summary>
public static class ReservedConfig
{
    private static readonly HashSet<string> Broker = ["brokers", "port", "nonssl_port", "use_ssl", "ssl_key_file", "ssl_cert_file", "username", "password", "destination", "queue", "topic", "voname"];

    public static bool IsReserved(string section, string option) => (section.ToLowerInvariant(), option.ToLowerInvariant()) switch
    {
        // DEFAULT would give its options to every section, [database] included.
        ("default" or "database" or "bootstrap" or "alembic" or "api" or "oidc" or "importer" or "vo-map" or "vo_certs", _) => true,
        ("common", "multi_vo") => true,
        ("policy", var o) => o.StartsWith("package", StringComparison.Ordinal) || o is "permission" or "schema",
        ("cache", "url") => true,
        ("conveyor", "usercert" or "vo_certs_path" or "transfertool") => true,
        // Probes ask the exporter.
        ("monitor", "enable_metrics" or "metrics_port") => true,
        ("hermes", "services_list") => true,
        ("messaging-hermes", var o) => Broker.Contains(o) || o is "email_from" || o.StartsWith("smtp_", StringComparison.Ordinal),
        ("messaging-fts3" or "tracer-kronos" or "trace", var o) => Broker.Contains(o),
        (var s, _) => s.EndsWith("-database", StringComparison.Ordinal),
    };

    /// <summary>Where the same is said as a field; null: nowhere.</summary>
    public static string? Instead(string section, string option) => (section, option) switch
    {
        ("hermes" or "messaging-hermes", "services_list" or "email_from") => "spec.messaging.hermes and spec.mail",
        ("messaging-hermes", var o) when o.StartsWith("smtp_", StringComparison.Ordinal) => "spec.mail",
        ("messaging-hermes", _) => "spec.messaging.hermes",
        ("messaging-fts3", _) => "spec.messaging.receiver",
        ("tracer-kronos" or "trace", _) => "spec.messaging.traces",
        ("conveyor", "transfertool") => "spec.transfers.ftsServers",
        ("conveyor", "usercert" or "vo_certs_path") => "spec.transfers",
        ("common", "multi_vo") => "spec.multiVo",
        _ => null,
    };
}
