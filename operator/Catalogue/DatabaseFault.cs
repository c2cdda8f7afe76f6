using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using RucioOperator.Runtime;

namespace RucioOperator.Catalogue;

/// <summary>A database error, typed by the cause a person has to look for; the message names host and role, never a password.</summary>
public sealed class DatabaseFault(string reason, string message, bool transient, Exception? inner = null) : Exception(message, inner), IReportableError
{
    public string Report => Message;

    /// <summary>The condition's reason: one of the constants below.</summary>
    public string Reason { get; } = reason;

    /// <summary>False where only a person's change (a Secret, a field, a grant) can help.</summary>
    public bool IsTransient { get; } = transient;

    public const string HostNotFound = "DatabaseHostNotFound";
    public const string Unreachable = "DatabaseUnreachable";
    public const string CredentialsRejected = "DatabaseCredentialsRejected";
    public const string TlsFailed = "DatabaseTlsFailed";
    public const string PermissionDenied = "DatabasePermissionDenied";
    public const string NotFound = "DatabaseNotFound";
    public const string Taken = "DatabaseTaken";
    public const string Failed = "DatabaseFailed";

    /// <summary>A server of the operator's own making is not up yet.</summary>
    public const string Starting = "DatabaseStarting";

    /// <summary>What a product would have to bring is not there.</summary>
    public const string KindMissing = nameof(KindMissing);

    /// <summary>Another operator, or another RucioInstance of ours, works on that catalogue.</summary>
    public const string OwnedElsewhere = "CatalogueOwnedElsewhere";

    /// <summary>Finds the cause in what Npgsql throws (SQLSTATE codes: PostgreSQL manual, appendix A).</summary>
    /// <param name="doing">What was tried, in words that end a sentence "cannot ...".</param>
    public static DatabaseFault From(Exception error, DatabaseAddress address, DatabaseLogin login, string doing)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case DatabaseFault fault:
                    return fault;
                case PostgresException { SqlState: "28P01" or "28000" }:
                    return new(CredentialsRejected, $"{address.Host}:{address.Port} rejected the credentials of role {login.Username}", false, error);
                case PostgresException { SqlState: "3D000" }:
                    return new(NotFound, $"database {address.Name} does not exist on {address.Host}:{address.Port}", false, error);
                case PostgresException { SqlState: "42501" } denied:
                    return new(PermissionDenied, $"role {login.Username} on {address.Host}:{address.Port} may not {doing}: {denied.MessageText}", false, error);
                case PostgresException other:
                    return new(Failed, $"cannot {doing} on {address}: {other.MessageText} (SQLSTATE {other.SqlState})", other.IsTransient, error);
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData }:
                    return new(HostNotFound, $"host {address.Host} cannot be resolved", true, error);
                case SocketException socket:
                    return new(Unreachable, $"{address.Host}:{address.Port} cannot be reached: {socket.SocketErrorCode}", true, error);
                case AuthenticationException:
                    return new(TlsFailed, $"TLS to {address.Host}:{address.Port} failed with sslMode {address.SslMode}: the server's certificate is not trusted or does not match the host", false, error);
                case NpgsqlException { Message: var m } when m.Contains("SSL", StringComparison.OrdinalIgnoreCase) && e.InnerException is null:
                    return new(TlsFailed, $"{address.Host}:{address.Port} does not offer TLS, which sslMode {address.SslMode} demands", false, error);
                case TimeoutException:
                    return new(Unreachable, $"{address.Host}:{address.Port} did not answer in time", true, error);
            }
        }
        return new(Failed, $"cannot {doing} on {address}", true, error);
    }
}
