using System.Net;
using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>What the schema refuses, once more for objects older than the schema, and what a schema can't say.</summary>
public static class RucioInstanceRules
{
    public const string MySqlRefused =
        "MySQL is not supported: InnoDB keys hold 3072 bytes and Rucio's primary keys on identities and tokens are longer (rucio issue 6755); use PostgreSQL";

    public static IReadOnlyList<Rule<RucioInstanceSpec>> All { get; } =
    [
        new("version is a release", s => When(s.Version != "" && !Forms.Version().IsMatch(s.Version), Invalid("spec.version", "must be a Rucio release such as 41.0.0"))),
        new("the engine is PostgreSQL", s => When(s.Database.Engine == DatabaseEngine.MySQL, new("spec.database.engine", ValidationReasons.UnsupportedDatabase, MySqlRefused))),
        new("an external Rucio has an address and nothing of its own here", ExternalRules.Check),
        new("exactly one database mode", OneDatabaseMode),
        new("the existing database can be addressed", s => Existing(s.Database.Existing)),
        new("the database to provision can be addressed", s => Provision(s.Database.Provision)),
        new("the Cluster of CloudNativePG makes sense", s => DatabaseRules.CloudNativePG(s.Database.CloudNativePG)),
        new("the embedded server makes sense", s => DatabaseRules.Embedded(s.Database.Embedded)),
        new("servers can be sized, exposed and given certificates", ExposureRules.Servers),
        new("trusted authorities are named once", ExposureRules.Trust),
        .. TransfersRules.OfInstance,
        new("config names nothing of the operator's", ConfigRules.Check),
        new("daemons have names and sizes", DaemonRules.Check),
        new("brokers and mail can be reached", MessagingRules.Check),
        new("the backup is one this database can have", Upgrade),
        new("namespaces are chosen one way", AllowedNamespaces),
        new("grants name a VO and a namespace", Grants),
        new("an age is hours or days", s => When(s.Tenancy?.RootCredentialMaxAge is { } age && !Forms.Age().IsMatch(age), Invalid("spec.tenancy.rootCredentialMaxAge", "must be hours or days such as 12h or 30d"))),
        new("allowed hosts are hosts", AllowedHosts),
        new("identities that may be shared are identities", s => (s.Tenancy?.SharedIdentities).Items("spec.tenancy.sharedIdentities")
            .SelectMany(i => When(IdentityText.Canonical(i.Item) is null, Invalid(i.Path, "must be the subject of a certificate, SUB=…, ISS=… of a token, or an RSA key")))),
        .. PlatformRules.All,
        .. OidcRules.All,
        .. MembershipRules.Grants,
        .. PolicyPackageRules.All,
    ];

    public static IReadOnlyList<FieldError> Validate(RucioInstance instance) => [.. All.Run(instance.Spec), .. DatabaseRules.Fixed(instance)];

    private static IEnumerable<FieldError> OneDatabaseMode(RucioInstanceSpec s)
    {
        object?[] modes = [s.Database.Existing, s.Database.Provision, s.Database.CloudNativePG, s.Database.Embedded];
        return When(s.External is null && modes.Count(m => m is not null) != 1, Invalid("spec.database", "needs exactly one of: existing, provision, cloudNativePG, embedded"));
    }

    private static IEnumerable<FieldError> Existing(ExistingDatabase? d) => d is null ? [] :
    [
        .. Address("spec.database.existing", d.Host, d.Port, d.Schema),
        .. When(!Forms.ExistingDatabaseName().IsMatch(d.Name) || d.Name.Length > 63, Invalid("spec.database.existing.name", "must be the name of a database, at most 63 characters")),
        .. Secret("spec.database.existing.caSecretRef", d.CaSecretRef),
        .. Secret("spec.database.existing.credentialsSecretRef", d.CredentialsSecretRef),
    ];

    private static IEnumerable<FieldError> Provision(ProvisionedDatabase? d) => d is null ? [] :
    [
        .. Address("spec.database.provision", d.Host, d.Port, d.Schema),
        .. When(d.Name is { } name && (!Forms.SqlName().IsMatch(name) || name.Length > 54), Invalid("spec.database.provision.name", "must have a-z, 0-9 and _, not start with a digit, at most 54 characters")),
        .. Secret("spec.database.provision.caSecretRef", d.CaSecretRef),
        .. Secret("spec.database.provision.adminSecretRef", d.AdminSecretRef),
    ];

    private static IEnumerable<FieldError> Address(string path, string host, int port, string schema) =>
    [
        .. host.StartsWith("mysql", StringComparison.OrdinalIgnoreCase) && host.Contains("://", StringComparison.Ordinal)
            ? [new FieldError($"{path}.host", ValidationReasons.UnsupportedDatabase, MySqlRefused)]
            : When(!Forms.HostName().IsMatch(host) && !IPAddress.TryParse(host, out _), Invalid($"{path}.host", "must be a host name or an IP address, without scheme, port, user or path")),
        .. When(port is < 1 or > 65535, Invalid($"{path}.port", "must be 1 to 65535")),
        .. When(!Forms.SqlName().IsMatch(schema) || schema.Length > 63, Invalid($"{path}.schema", "must have a-z, 0-9 and _, not start with a digit, at most 63 characters")),
    ];

    private static IEnumerable<FieldError> Upgrade(RucioInstanceSpec s) => s.Upgrade is not { } upgrade ? [] :
    [
        .. When(upgrade.Backup == UpgradeBackup.CloudNativePG && s.Database.CloudNativePG is null, Invalid("spec.upgrade.backup", "CloudNativePG needs spec.database.cloudNativePG; PgDump works with any database")),
        .. When(upgrade.Image is not null && upgrade.Backup != UpgradeBackup.PgDump, Invalid("spec.upgrade.image", "is for backup PgDump")),
        .. When(upgrade.Storage is not null && upgrade.Backup != UpgradeBackup.PgDump, Invalid("spec.upgrade.storage", "is for backup PgDump")),
        .. When(upgrade.Storage is { } storage && !Forms.ResourceQuantity().IsMatch(storage.Size), Invalid("spec.upgrade.storage.size", "must be a Kubernetes quantity such as 20Gi")),
    ];

    private static IEnumerable<FieldError> AllowedNamespaces(RucioInstanceSpec s)
    {
        const string path = "spec.tenancy.allowedNamespaces.matchLabels";
        return (s.Tenancy?.AllowedNamespaces) switch
        {
            { From: NamespacesFrom.Selector, MatchLabels: null or { Count: 0 } } => [new(path, ValidationReasons.MissingField, "from: Selector needs matchLabels")],
            { From: not NamespacesFrom.Selector, MatchLabels: not null } => [Invalid(path, "matchLabels needs from: Selector")],
            _ => [],
        };
    }

    private static IEnumerable<FieldError> AllowedHosts(RucioInstanceSpec s) =>
        (s.Tenancy?.AllowedHosts).Items("spec.tenancy.allowedHosts").Where(h => h.Item.Length > 253 || !Forms.AllowedHost().IsMatch(h.Item))
            .Select(h => Invalid(h.Path, "must be a host name in lower case, *. and a domain, an IPv4 address, or an IPv6 address in brackets"));

    private static IEnumerable<FieldError> Grants(RucioInstanceSpec s)
    {
        var grants = (s.Tenancy?.Vos).Items("spec.tenancy.vos").ToList();
        return
        [
            .. grants.Where(g => !Forms.ExistingVoTag().IsMatch(g.Item.Tag)).Select(g => Invalid($"{g.Path}.tag", "must be three of letters, digits, . and -")),
            .. grants.Where(g => !Forms.Namespace().IsMatch(g.Item.Namespace)).Select(g => Invalid($"{g.Path}.namespace", "must be the name of a namespace")),
            .. grants.Unique(g => g.Tag, "this tag is granted twice"),
        ];
    }
}
