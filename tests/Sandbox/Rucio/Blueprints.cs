namespace RucioOperator.Sandbox.Rucio;

/// <summary>Endpoint modules by the names that `[api] endpoints` knows. Known ones without routes answer 404 as if empty.</summary>
internal static class Blueprints
{
    public static readonly IReadOnlyDictionary<string, Route[]> All = new Dictionary<string, Route[]>
    {
        ["ping"] = AuthViews.Ping,
        ["auth"] = AuthViews.Auth,
        ["vos"] = VoViews.Routes,
        ["accounts"] = AccountViews.Routes,
        ["identities"] = IdentityViews.Routes,
        ["scopes"] = ScopeViews.Routes,
        ["rses"] = RseViews.Routes,
        ["config"] = ConfigViews.Routes,
        ["heartbeats"] = ConfigViews.Heartbeats,
        ["import"] = ImportViews.Routes,
        ["export"] = ExportViews.Routes,
        ["subscriptions"] = SubscriptionViews.Routes,
        ["credentials"] = CredentialViews.Routes,
        ["dids"] = DidViews.Routes,
        ["replicas"] = ReplicaViews.Routes,
        ["rules"] = RuleViews.Routes,
    };

    public static readonly string[] Default =
    [
        "accounts", "auth", "config", "credentials", "dids", "dirac", "export", "heartbeats", "identities", "import", "lifetime_exceptions", "locks", "meta_conventions",
        "ping", "redirect", "replicas", "requests", "rses", "rules", "scopes", "subscriptions", "opendata", "opendata_public",
    ];

    /// <summary>accountlimits is of line 38; its routes are those of accounts later.</summary>
    public static readonly IReadOnlySet<string> Known = Default.Concat(["accountlimits", "vos", "traces", "nongrid_traces", "metrics", "archives"]).ToHashSet();
}
