using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>Where a database server of somebody else is, modes existing and provision, and whom the spec's Secret lets log in there.</summary>
public static class GivenDatabase
{
    /// <summary>Every server has it: where an admin makes others.</summary>
    public const string Maintenance = "postgres";

    /// <exception cref="SecretProblem">The CA's Secret is missing or incomplete.</exception>
    public static async Task<DatabaseAddress> AddressAsync(RucioInstance instance, IReferencedSecrets secrets, CancellationToken ct)
    {
        var (reference, field) = instance.Spec.Database.Existing is { } existing
            ? (existing.CaSecretRef, "spec.database.existing.caSecretRef")
            : (instance.Spec.Database.Provision!.CaSecretRef, "spec.database.provision.caSecretRef");
        return DatabaseServer.AddressOf(instance, await CaAsync(instance, secrets, reference, field, ct));
    }

    /// <summary>Rucio's own login of an existing database, the admin's where one is to be made.</summary>
    /// <exception cref="SecretProblem">The Secret is missing or incomplete.</exception>
    public static async Task<DatabaseLogin> LoginAsync(RucioInstance instance, IReferencedSecrets secrets, CancellationToken ct)
    {
        var (reference, field) = instance.Spec.Database.Existing is { } existing
            ? (existing.CredentialsSecretRef, "spec.database.existing.credentialsSecretRef")
            : (instance.Spec.Database.Provision!.AdminSecretRef, "spec.database.provision.adminSecretRef");
        var secret = new ObjectKey(instance.Metadata.NamespaceProperty, reference.Name);
        return new(await secrets.RequireAsync(secret, "username", field, ct), await secrets.RequireAsync(secret, "password", field, ct));
    }

    private static async Task<string?> CaAsync(RucioInstance instance, IReferencedSecrets secrets, SecretRef? reference, string field, CancellationToken ct) =>
        reference is null ? null : await secrets.RequireAsync(new ObjectKey(instance.Metadata.NamespaceProperty, reference.Name), "ca.crt", field, ct);
}
