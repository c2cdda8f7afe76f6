namespace RucioOperator.Api.Validation;

/// <summary>Sections and options of rucio.cfg that are the operator's; <c>spec.config</c> may not name them.</summary>
public static class ReservedConfig
{
    public static bool IsReserved(string section, string option) => (section.ToLowerInvariant(), option.ToLowerInvariant()) switch
    {
        // DEFAULT would give its options to every section, [database] included.
        ("default" or "database" or "bootstrap" or "alembic" or "api" or "oidc" or "importer" or "vo-map" or "vo_certs", _) => true,
        ("common", "multi_vo") => true,
        ("policy", var o) => o.StartsWith("package", StringComparison.Ordinal) || o is "permission" or "schema",
        ("conveyor", "usercert" or "vo_certs_path" or "transfertool") => true,
        (var s, _) => s.EndsWith("-database", StringComparison.Ordinal),
    };
}
