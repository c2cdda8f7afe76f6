namespace RucioOperator.Controllers;

/// <summary>Condition types of a RucioInstance besides Ready, Reconciling, Stalled; in the order they are reached.</summary>
public static class InstanceConditions
{
    /// <summary>The cluster serves the kinds of other products that the spec needs.</summary>
    public const string KindsServed = nameof(KindsServed);

    /// <summary>Database, schema and roles are there and take the operator's login.</summary>
    public const string DatabaseReady = nameof(DatabaseReady);

    /// <summary>Rucio's tables are there, of this release, and this instance's alone.</summary>
    public const string CatalogueReady = nameof(CatalogueReady);

    /// <summary>No published login works, proven in the catalogue; of a VO: root's only identity is the operator's.</summary>
    public const string CredentialsSafe = nameof(CredentialsSafe);

    /// <summary>The discovery document of each token issuer can be read; True where there is none.</summary>
    public const string OidcReady = nameof(OidcReady);

    /// <summary>The public and the admin API answer; of an external instance: that Rucio does.</summary>
    public const string ApiReady = nameof(ApiReady);

    /// <summary>The daemons of the profile run; the message names those that are left out, and why.</summary>
    public const string DaemonsReady = nameof(DaemonsReady);

    /// <summary>Only where a new database password was asked for: True once every one before is dead.</summary>
    public const string PasswordRotated = nameof(PasswordRotated);

    /// <summary>Only where new logins of the root accounts were asked for: True once every one before is dead.</summary>
    public const string RootCredentialsRotated = nameof(RootCredentialsRotated);

    /// <summary>Only in an upgrade that changes the catalogue: no daemon runs.</summary>
    public const string DaemonsStopped = nameof(DaemonsStopped);

    /// <summary>Only in an upgrade that changes the catalogue: no server writes.</summary>
    public const string InMaintenance = nameof(InMaintenance);

    /// <summary>In such an upgrade and after it: where the backup is.</summary>
    public const string BackedUp = nameof(BackedUp);

    /// <summary>In such an upgrade and after it: the catalogue is of the new release.</summary>
    public const string Migrated = nameof(Migrated);

    /// <summary>Only with <c>trust</c>: authorities and revocation lists can be read and hold.</summary>
    public const string TrustLoaded = nameof(TrustLoaded);

    /// <summary>Only with <c>policyPackages</c>: each has passed its check.</summary>
    public const string PolicyPackagesReady = nameof(PolicyPackagesReady);

    /// <summary>Only with an auth, web UI or trace server: they run.</summary>
    public const string FrontendsReady = nameof(FrontendsReady);

    /// <summary>Only with an auth server: forged certificates are refused, seen at the running server.</summary>
    public const string X509Verified = nameof(X509Verified);

    /// <summary>Only where something is exposed: the cluster has taken the Ingress, route or load balancer.</summary>
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
