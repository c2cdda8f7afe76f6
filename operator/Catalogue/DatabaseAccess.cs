using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using RucioOperator.Api;

namespace RucioOperator.Catalogue;

/// <summary>Where a PostgreSQL database is and how TLS to it is checked; holds no credential.</summary>
public sealed record DatabaseAddress(string Host, int Port, string Name, string Schema, DatabaseSslMode SslMode, string? CaPem)
{
    /// <summary>The Secret whose <c>ca.crt</c> is <see cref="CaPem"/>, for pods to mount.</summary>
    public string? CaSecret { get; init; }

    /// <summary>Where an operator outside the cluster finds it; the certificate still is the host's.</summary>
    public Uri? Via { get; init; }

    public DatabaseAddress WithDatabase(string name) => this with { Name = name };

    public override string ToString() => $"{Host}:{Port}/{Name}";
}

/// <summary>A role and its password. <see cref="ToString"/> shows the role only, so it is safe to log by accident.</summary>
public sealed record DatabaseLogin(string Username, string Password)
{
    public override string ToString() => Username;
}

/// <summary>What the instance's pods and the operator need of a ready database.</summary>
/// <param name="Owner">Owns the schema; Rucio's own credential and the operator's for its few writes.</param>
/// <param name="Observer">May only read the tables the operator looks at; equals the owner where no second role can be made.</param>
public sealed record DatabaseAccess(DatabaseAddress Address, DatabaseLogin Owner, DatabaseLogin Observer)
{
    private const string Second = "_login2";

    /// <summary>
    /// Owns database and schema. Where the operator makes the roles there are two logins that act as this one, itself and
    /// <c>&lt;name&gt;_login2</c>: PostgreSQL knows one password a role, and a rotation needs old and new at once.
    /// </summary>
    public string OwnerRole { get; init; } = Owner.Username;

    /// <summary>The login that is not in use, except while a rotation is under way.</summary>
    public string OtherLogin => Owner.Username == OwnerRole ? OwnerRole + Second : OwnerRole;
}

/// <summary>Opens connections to one database as one role; pooled, so an idle pass opens none.</summary>
public static class Database
{
    /// <summary>libpq's words for the same modes, as the SQLAlchemy URL of Rucio wants them.</summary>
    public static string LibpqSslMode(DatabaseSslMode mode) => mode switch
    {
        DatabaseSslMode.Disable => "disable",
        DatabaseSslMode.Require => "require",
        DatabaseSslMode.VerifyCA => "verify-ca",
        _ => "verify-full",
    };

    public static NpgsqlDataSource Open(DatabaseAddress address, DatabaseLogin login, bool readOnly = false)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = address.Via?.Host ?? address.Host,
            Port = address.Via?.Port ?? address.Port,
            Database = address.Name,
            Username = login.Username,
            Password = login.Password,
            SslMode = address.SslMode switch
            {
                DatabaseSslMode.Disable => SslMode.Disable,
                DatabaseSslMode.Require => SslMode.Require,
                DatabaseSslMode.VerifyCA => SslMode.VerifyCA,
                _ => SslMode.VerifyFull,
            },
            SearchPath = address.Schema,
            ApplicationName = "rucio-operator",
            MaxPoolSize = 4,
            ConnectionIdleLifetime = 60,
            Timeout = 10,
            CommandTimeout = 60,
            // Nothing here leaves anything in a session, and the reset would be one more statement for each look at the catalogue.
            NoResetOnClose = true,
            Options = readOnly ? "-c default_transaction_read_only=on" : null,
        };
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.EnableArrays();
        builder.ConfigureTracing(DatabaseTracing.Configure);
        if (address.Via is not null)
        {
            builder.UseSslClientAuthenticationOptionsCallback(options => options.TargetHost = address.Host);
        }
        if (address.CaPem is { } pem && address.SslMode is DatabaseSslMode.VerifyCA or DatabaseSslMode.VerifyFull)
        {
            builder.UseRootCertificates(Authorities(address, pem));
        }
        return builder.Build();
    }

    /// <summary>A bundle may hold several: one of them on its way out, for instance.</summary>
    private static X509Certificate2Collection Authorities(DatabaseAddress address, string pem)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // Said below.
        }
        return authorities.Count > 0 ? authorities
            : throw new DatabaseFault(DatabaseFault.TlsFailed, $"TLS to {address.Host}:{address.Port}: ca.crt of Secret {address.CaSecret} holds no certificate in PEM form", transient: false);
    }
}
