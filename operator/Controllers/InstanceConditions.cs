namespace RucioOperator.Controllers;

/// <summary>Condition types of a RucioInstance besides Ready, Reconciling, Stalled; in the order they are reached.</summary>
public static class InstanceConditions
{
    public const string KindsServed = nameof(KindsServed);
    public const string DatabaseReady = nameof(DatabaseReady);
    public const string CatalogueReady = nameof(CatalogueReady);
    public const string CredentialsSafe = nameof(CredentialsSafe);
    public const string OidcReady = nameof(OidcReady);
    public const string ApiReady = nameof(ApiReady);
    public const string DaemonsReady = nameof(DaemonsReady);

    /// <summary>Only where a new database password was asked for.</summary>
    public const string PasswordRotated = nameof(PasswordRotated);

    /// <summary>Only where new logins of the root accounts were asked for.</summary>
    public const string RootCredentialsRotated = nameof(RootCredentialsRotated);

    // Steps of an upgrade that changes the catalogue; there only then, the last two also after it.
    public const string DaemonsStopped = nameof(DaemonsStopped);
    public const string InMaintenance = nameof(InMaintenance);
    public const string BackedUp = nameof(BackedUp);
    public const string Migrated = nameof(Migrated);

    /// <summary>Only with <c>trust</c>.</summary>
    public const string TrustLoaded = nameof(TrustLoaded);

    /// <summary>Only with <c>policyPackages</c>.</summary>
    public const string PolicyPackagesReady = nameof(PolicyPackagesReady);

    /// <summary>Only with an auth, web UI or trace server.</summary>
    public const string FrontendsReady = nameof(FrontendsReady);

    /// <summary>Only with an auth server.</summary>
    public const string X509Verified = nameof(X509Verified);

    /// <summary>Only where something is exposed.</summary>
    public const string Exposed = nameof(Exposed);

    /// <summary>Of a Rucio that somebody else runs.</summary>
    public static readonly IReadOnlyList<string> External = [ApiReady];

    public static readonly IReadOnlyList<string> All =
    [
        KindsServed,
        DatabaseReady,
        CatalogueReady,
        CredentialsSafe,
        OidcReady,
        ApiReady,
        DaemonsReady,
    ];
}
