using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>The name leads somewhere, PostgreSQL answers there, with TLS as it is asked for; the role logs in, and may do what the operator will do.</summary>
internal static class DatabaseCheck
{
    public static async Task RunAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        switch (instance.Spec.Database)
        {
            case { Embedded: not null }:
                notes.Warning("Embedded", "spec.database.embedded: one pod with one volume and no backup, for trials");
                return;
            case { Existing: null, Provision: null }:
                return;
        }
        var address = await GivenDatabase.AddressAsync(instance, tools.Secrets, ct);
        var login = await GivenDatabase.LoginAsync(instance, tools.Secrets, ct);
        tools.RequireReach(address.Host);
        if (instance.Spec.Database.Provision is not null)
        {
            Judge(await DatabaseLook.AsAdminAsync(address.WithDatabase(GivenDatabase.Maintenance), login, address.Name, $"{ObjectKey.Of(instance)}", ct), address, login, notes);
        }
        else
        {
            Judge(await DatabaseLook.AsOwnerAsync(address, login, ct), instance, address, login, notes);
        }
        if (address.SslMode is DatabaseSslMode.Disable)
        {
            notes.Warning("WithoutTls", "sslMode Disable: passwords are protected, data is not, and nobody knows which server answers", "use VerifyFull with caSecretRef, unless the way there is a network of your own");
        }
    }

    private static void Judge(AdminLook look, DatabaseAddress address, DatabaseLogin admin, Notes notes)
    {
        var where = $"{address.Host}:{address.Port}";
        (bool Is, string Word)[] rights = [(look.MayCreateRoles, "CREATEROLE"), (look.MayCreateDatabases, "CREATEDB")];
        if (rights.Where(r => !r.Is).Select(r => r.Word).ToList() is [_, ..] missing)
        {
            notes.Error(DatabaseFault.PermissionDenied, $"role {admin} on {where} lacks {string.Join(" and ", missing)}", $"as a superuser of the server: ALTER ROLE \"{admin}\" {string.Join(' ', missing)}");
        }
        else
        {
            notes.Ok($"{admin} logs in to PostgreSQL {look.Version} at {where} and may create roles and databases");
        }
        if (look.RoleIsForeign || look.Holder is not null && look.Holder != address.Name)
        {
            notes.Error(DatabaseFault.Taken, look.RoleIsForeign
                ? $"role {address.Name} exists at {where} and was not made for this RucioInstance"
                : $"database {address.Name} exists at {where} and belongs to role {look.Holder}");
        }
        else
        {
            notes.Ok(look.Holder is null ? $"database {address.Name} will be made" : $"database {address.Name} is there and was made for this RucioInstance");
        }
    }

    private static void Judge(OwnerLook look, RucioInstance instance, DatabaseAddress address, DatabaseLogin owner, Notes notes)
    {
        notes.Ok($"{owner} logs in to PostgreSQL {look.Version}, database {address}");
        if (look.Encoding != "UTF8")
        {
            notes.Error("NotUtf8", $"database {address.Name} has encoding {look.Encoding}: names that Rucio is given don't all fit");
        }
        var (schema, role) = (address.Schema, owner.Username);
        switch (look)
        {
            case { HasSchema: true, MayFill: false }:
                notes.Error(DatabaseFault.PermissionDenied, $"role {role} may not create tables in schema {schema}", $"as a superuser of the server, in database {address.Name}: ALTER SCHEMA \"{schema}\" OWNER TO \"{role}\"");
                break;
            case { IsSet: false, MayMake: false }:
                notes.Error(DatabaseFault.PermissionDenied, $"role {role} may not create schema {schema} in database {address.Name}", $"as a superuser of the server: GRANT CREATE ON DATABASE \"{address.Name}\" TO \"{role}\"");
                break;
            default:
                notes.Ok($"role {role} may do what Rucio needs in schema {schema}");
                break;
        }
        Catalogue(look, instance, notes);
    }

    private static void Catalogue(OwnerLook look, RucioInstance instance, Notes notes)
    {
        var head = ReleaseCatalogue.Find(instance.Spec.Version).Release?.AlembicHead;
        if (look.WorkedOnBy is { IsLive: true } other && other.Instance != $"{ObjectKey.Of(instance)}")
        {
            notes.Error("WorkedOnElsewhere", $"RucioInstance {other.Instance} of the cluster whose kube-system has uid {other.Cluster} works on this catalogue");
            return;
        }
        notes.Ok(look.Revision switch
        {
            null => "there is no catalogue of a Rucio yet: it will be made",
            var there when there == head => "there is a catalogue of this release: it is taken up as it is",
            var there => $"there is a catalogue at revision {there}: if this release can be reached from it, it is migrated, with a backup before",
        });
    }
}
