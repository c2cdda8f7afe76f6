using Npgsql;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>Sees to it that an instance's database answers, and makes it where the spec asks for that.</summary>
/// <param name="via">Where an operator outside the cluster finds a Service of a database.</param>
public sealed class Databases(
    ReferencedSecrets secrets, GeneratedSecrets generated, DatabaseProvisioner provisioner, InstanceConnections connections, CatalogueOwnership ownership, DatabaseServers servers, Func<string, string, Uri?> via)
{
    /// <summary>The objects of a server of our own making; see <see cref="DatabaseServers.ApplyAsync"/>.</summary>
    public Task<ApplyResult> ApplyServerAsync(RucioInstance instance, string controller, bool heal, CancellationToken ct) => servers.ApplyAsync(instance, controller, heal, ct);

    /// <exception cref="DatabaseFault">Host, credentials, TLS or permission: each named.</exception>
    /// <exception cref="SecretProblem">A Secret the spec names is missing or incomplete.</exception>
    public async Task<InstanceConnection> EnsureAsync(RucioInstance instance, CancellationToken ct)
    {
        var source = await SourceAsync(instance, ct);
        var connection = await ConnectAsync(instance, source, ct);
        IReportableError? problem = null;
        if (source.Made is { } made && PasswordRotation.Of(made).IsDue(instance))
        {
            try
            {
                source = await RotateAsync(instance, ct) ?? source;
            }
            catch (Exception error) when (error is DatabaseFault or SecretProblem)
            {
                // An admin's Secret that no longer fits is no reason to stop what runs with the password there is.
                problem = (IReportableError)error;
            }
            connection = await ConnectAsync(instance, source, ct);
        }
        connection.RotationProblem = problem;
        connection.Rotation = source.Made is { } entries ? PasswordRotation.Of(entries) : null;
        return connection;
    }

    /// <summary>The database as it is; nothing is made, changed or probed for its rights. Null: there is none yet, or none that was used before.</summary>
    public async Task<InstanceConnection?> LookAsync(RucioInstance instance, CancellationToken ct)
    {
        var key = ObjectKey.Of(instance);
        if (connections.FindCatalogue(key) is { } known)
        {
            return known;
        }
        var existing = instance.Spec.Database.Existing is not null;
        var provisioned = instance.Spec.Database.Provision is not null && await generated.FindAsync(DatabaseSecret(instance), ct) is not null;
        return existing || provisioned ? await connections.UseAsync(key, (await SourceAsync(instance, ct)).Access) : null;
    }

    /// <summary>Null: the catalogue is this instance's to work on.</summary>
    public Task<Outcome?> OwnAsync(RucioInstance instance, InstanceConnection connection, CancellationToken ct) => ownership.EnsureAsync(instance, connection, ct);

    /// <summary>The instance is gone and its catalogue stays: the next one, whatever its name, need not wait.</summary>
    public async Task ReleaseAsync(RucioInstance instance, CancellationToken ct)
    {
        var key = ObjectKey.Of(instance);
        if (connections.FindCatalogue(key) is { } connection)
        {
            try
            {
                await ownership.ReleaseAsync(instance, connection, ct);
            }
            catch (NpgsqlException)
            {
                // Then the lease runs out.
            }
        }
        await connections.ForgetAsync(key);
    }

    /// <summary>
    /// Second half of a rotation, when no pod is left that would log in the old way: the old password is dead at once, what
    /// it has open may end its work.
    /// </summary>
    /// <param name="terminate">Not any more.</param>
    /// <returns>Sessions of the old login that are still open; the rotation is over when there are none.</returns>
    public async Task<int> RetireAsync(RucioInstance instance, InstanceConnection connection, bool terminate, CancellationToken ct)
    {
        var (access, key) = (connection.Access, DatabaseSecret(instance));
        var open = await provisioner.RetireAsync(Maintenance(access), await AdminAsync(instance, ct), access.OtherLogin, ownership.For(instance), terminate, ct);
        if (open == 0 && await generated.LookAsync(key, ct) is { } live)
        {
            connection.Rotation = PasswordRotation.Of(await generated.ChangeAsync(live.Secret, new Dictionary<string, string?> { [PasswordRotation.RetiringKey] = null }, ct));
        }
        return open;
    }

    /// <summary>Drops what <see cref="EnsureAsync"/> provisioned; an existing database is left alone.</summary>
    public async Task DropAsync(RucioInstance instance, CancellationToken ct)
    {
        await connections.ForgetAsync(ObjectKey.Of(instance));
        await servers.RemoveAsync(instance, ct);
        if (instance.Spec.Database.Provision is not null)
        {
            var access = (await SourceAsync(instance, ct)).Access;
            await provisioner.DropAsync(Maintenance(access), await AdminAsync(instance, ct), access, ownership.For(instance), ct);
        }
    }

    /// <param name="Made">Entries of the Secret with the login the operator made; null where somebody else made it.</param>
    private sealed record Source(DatabaseAccess Access, IReadOnlyDictionary<string, string>? Made = null);

    private async Task<InstanceConnection> ConnectAsync(RucioInstance instance, Source source, CancellationToken ct)
    {
        var (key, access) = (ObjectKey.Of(instance), source.Access);
        if (connections.FindCatalogue(key) is { } known && known.Access == access)
        {
            return known;
        }
        if (DatabaseServer.ServiceOf(instance) is not null && servers.NotUp(instance) is { } notUp)
        {
            throw notUp;
        }
        var connection = new InstanceConnection(access);
        try
        {
            await connection.ProbeAsync(ct);
            if (access.Observer != access.Owner)
            {
                // Both roles must work, or a kill between making the one and the other would go unseen.
                await ProbeObserverAsync(access, ct);
            }
        }
        catch (DatabaseFault fault) when (source.Made is { } made && fault.Reason is DatabaseFault.CredentialsRejected or DatabaseFault.NotFound or DatabaseFault.PermissionDenied)
        {
            await provisioner.EnsureAsync(Maintenance(access), await AdminAsync(instance, ct), access, ownership.For(instance), PasswordRotation.Of(made).Retiring, ct);
        }
        finally
        {
            await connection.DisposeAsync();
        }
        return await connections.UseAsync(key, access);
    }

    /// <summary>
    /// First half of a rotation: the other login gets a new password and then becomes the one in use; the Secret says both
    /// in one write. Killed before that, nobody knows the new password and the next pass begins anew.
    /// </summary>
    private async Task<Source?> RotateAsync(RucioInstance instance, CancellationToken ct)
    {
        if (await generated.LookAsync(DatabaseSecret(instance), ct) is not { } live || !PasswordRotation.Of(live.Entries).IsDue(instance))
        {
            return null;
        }
        var before = Provisioned(instance, await AddressAsync(instance, ct), live.Entries);
        var next = before with
        {
            Owner = new DatabaseLogin(before.OtherLogin, generated.Random(32)),
            Observer = before.Observer with { Password = generated.Random(32) },
        };
        await provisioner.EnsureAsync(Maintenance(next), await AdminAsync(instance, ct), next, ownership.For(instance), keepOther: true, ct);
        var changed = await generated.ChangeAsync(live.Secret, new Dictionary<string, string?>
        {
            ["username"] = next.Owner.Username,
            ["password"] = next.Owner.Password,
            ["observer-password"] = next.Observer.Password,
            [PasswordRotation.LoginKey] = next.Owner.Username == next.OwnerRole ? null : "2",
            [PasswordRotation.TokenKey] = PasswordRotation.Wanted(instance),
            [PasswordRotation.RetiringKey] = before.Owner.Username,
        }, ct);
        return new(next, changed);
    }

    private async Task<Source> SourceAsync(RucioInstance instance, CancellationToken ct)
    {
        if (instance.Spec.Database.CloudNativePG is not null)
        {
            return new(await CloudNativePGAsync(instance, ct));
        }
        var address = await AddressAsync(instance, ct);
        if (instance.Spec.Database.Existing is not null)
        {
            var login = await GivenDatabase.LoginAsync(instance, secrets, ct);
            return new(new(address, login, login));
        }
        var made = await generated.EnsureAsync(DatabaseSecret(instance), GeneratedSecrets.LabelsOf(instance.Metadata.Name), random => First(instance, address, random), ct);
        return new(Provisioned(instance, address, made), made);
    }

    private async Task<DatabaseAccess> CloudNativePGAsync(RucioInstance instance, CancellationToken ct)
    {
        var names = InstanceNames.Of(instance);
        if (connections.Find(ObjectKey.Of(instance)) is null && servers.NotUp(instance) is { } notUp)
        {
            // Its Secrets come with it: saying that they are missing would lead nobody anywhere.
            throw notUp;
        }
        var (login, database, ca) = await servers.ApplicationAsync(names, ct);
        var service = DatabaseServer.ServiceOf(instance)!;
        var address = DatabaseServer.AddressOf(instance, ca).WithDatabase(database);
        return new(address with { Via = via(service, names.Namespace) }, login, await servers.ObserverAsync(names, ct));
    }

    private static IReadOnlyDictionary<string, string> First(RucioInstance instance, DatabaseAddress address, Func<int, string> random)
    {
        var entries = new Dictionary<string, string>
        {
            ["username"] = address.Name,
            ["password"] = random(32),
            ["observer-username"] = $"{address.Name}_observer",
            ["observer-password"] = random(32),
        };
        if (PasswordRotation.Wanted(instance) is { } token)
        {
            // Newer than any that was asked for.
            entries[PasswordRotation.TokenKey] = token;
        }
        return entries;
    }

    /// <summary>Roles by the name in spec as it is now: one that was taken can be corrected, the passwords stay.</summary>
    private static DatabaseAccess Provisioned(RucioInstance instance, DatabaseAddress address, IReadOnlyDictionary<string, string> made)
    {
        var owner = new DatabaseAccess(address, new(address.Name, made["password"]), new($"{address.Name}_observer", made["observer-password"]));
        return made.ContainsKey(PasswordRotation.LoginKey) ? owner with { Owner = owner.Owner with { Username = owner.OtherLogin } } : owner;
    }

    private async Task<DatabaseAddress> AddressAsync(RucioInstance instance, CancellationToken ct)
    {
        if (instance.Spec.Database.Embedded is not null)
        {
            var names = InstanceNames.Of(instance);
            return DatabaseServer.AddressOf(instance, await servers.CertificateAsync(names, ct)) with { Via = via(names.Postgres, names.Namespace) };
        }
        return await GivenDatabase.AddressAsync(instance, secrets, ct);
    }

    private static DatabaseAddress Maintenance(DatabaseAccess access) => access.Address.WithDatabase(GivenDatabase.Maintenance);

    private static ObjectKey DatabaseSecret(RucioInstance instance) =>
        new(instance.Metadata.NamespaceProperty, InstanceNames.Of(instance).Database);

    private async Task<DatabaseLogin> AdminAsync(RucioInstance instance, CancellationToken ct) =>
        instance.Spec.Database.Embedded is not null ? await servers.SuperuserAsync(InstanceNames.Of(instance), ct) : await GivenDatabase.LoginAsync(instance, secrets, ct);

    private static async Task ProbeObserverAsync(DatabaseAccess access, CancellationToken ct)
    {
        try
        {
            await using var observer = Database.Open(access.Address, access.Observer, readOnly: true);
            await using var command = observer.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(ct);
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, access.Address, access.Observer, "connect");
        }
    }
}
