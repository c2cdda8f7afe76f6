using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>Sees to it that an instance's database answers, and makes it where the spec asks for that.</summary>
public sealed class Databases(ReferencedSecrets secrets, GeneratedSecrets generated, DatabaseProvisioner provisioner, InstanceConnections connections)
{
    /// <exception cref="DatabaseFault">Host, credentials, TLS or permission: each named.</exception>
    /// <exception cref="SecretProblem">A Secret the spec names is missing or incomplete.</exception>
    public async Task<InstanceConnection> EnsureAsync(RucioInstance instance, CancellationToken ct)
    {
        var key = ObjectKey.Of(instance);
        var access = await AccessAsync(instance, ct);
        if (connections.Find(key) is { } known && known.Access == access)
        {
            return known;
        }
        var connection = new InstanceConnection(access);
        try
        {
            await connection.ProbeAsync(ct);
            if (instance.Spec.Database.Provision is not null)
            {
                // Both roles must work, or a kill between making the one and the other would go unseen.
                await ProbeObserverAsync(access, ct);
            }
        }
        catch (DatabaseFault fault) when (instance.Spec.Database.Provision is { } wanted && fault.Reason is DatabaseFault.CredentialsRejected or DatabaseFault.NotFound or DatabaseFault.PermissionDenied)
        {
            await provisioner.EnsureAsync(access.Address.WithDatabase("postgres"), await AdminAsync(instance, wanted, ct), access, key.ToString(), ct);
        }
        finally
        {
            await connection.DisposeAsync();
        }
        return await connections.UseAsync(key, access);
    }

    /// <summary>Drops what <see cref="EnsureAsync"/> provisioned; an existing database is left alone.</summary>
    public async Task DropAsync(RucioInstance instance, CancellationToken ct)
    {
        var key = ObjectKey.Of(instance);
        await connections.ForgetAsync(key);
        if (instance.Spec.Database.Provision is { } wanted)
        {
            var access = await AccessAsync(instance, ct);
            await provisioner.DropAsync(access.Address.WithDatabase("postgres"), await AdminAsync(instance, wanted, ct), access, key.ToString(), ct);
        }
    }

    private async Task<DatabaseLogin> AdminAsync(RucioInstance instance, ProvisionedDatabase wanted, CancellationToken ct) =>
        await LoginAsync(instance, wanted.AdminSecretRef, "spec.database.provision.adminSecretRef", ct);

    private async Task<DatabaseLogin> LoginAsync(RucioInstance instance, SecretRef reference, string field, CancellationToken ct)
    {
        var secret = new ObjectKey(instance.Metadata.NamespaceProperty, reference.Name);
        return new(await secrets.RequireAsync(secret, "username", field, ct), await secrets.RequireAsync(secret, "password", field, ct));
    }

    private async Task<string?> CaAsync(RucioInstance instance, SecretRef? reference, string field, CancellationToken ct) =>
        reference is null ? null : await secrets.RequireAsync(new ObjectKey(instance.Metadata.NamespaceProperty, reference.Name), "ca.crt", field, ct);

    private async Task<DatabaseAccess> AccessAsync(RucioInstance instance, CancellationToken ct)
    {
        if (instance.Spec.Database.Existing is { } existing)
        {
            var login = await LoginAsync(instance, existing.CredentialsSecretRef, "spec.database.existing.credentialsSecretRef", ct);
            var ca = await CaAsync(instance, existing.CaSecretRef, "spec.database.existing.caSecretRef", ct);
            return new(new(existing.Host, existing.Port, existing.Name, existing.Schema, existing.SslMode, ca), login, login);
        }
        var wanted = instance.Spec.Database.Provision!;
        var names = new InstanceNames(instance.Metadata.NamespaceProperty, instance.Metadata.Name);
        var name = wanted.Name ?? names.DefaultDatabaseName();
        var trust = await CaAsync(instance, wanted.CaSecretRef, "spec.database.provision.caSecretRef", ct);
        var made = await generated.EnsureAsync(new ObjectKey(names.Namespace, names.Database), GeneratedSecrets.LabelsOf(names.Instance), random => new Dictionary<string, string>
        {
            ["username"] = name,
            ["password"] = random(32),
            ["observer-username"] = $"{name}_observer",
            ["observer-password"] = random(32),
        }, ct);
        return new(new(wanted.Host, wanted.Port, name, wanted.Schema, wanted.SslMode, trust),
            // By the name in spec as it is now: one that was taken can be corrected, the passwords stay.
            new(name, made["password"]), new($"{name}_observer", made["observer-password"]));
    }

    private static async Task ProbeObserverAsync(DatabaseAccess access, CancellationToken ct)
    {
        try
        {
            await using var observer = Database.Open(access.Address, access.Observer, readOnly: true);
            await using var command = observer.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(ct);
        }
        catch (Npgsql.NpgsqlException error)
        {
            throw DatabaseFault.From(error, access.Address, access.Observer, "connect");
        }
    }
}
