using System.Net;

namespace RucioOperator.Grid;

/// <summary>The servers of the grid to which a transfer credential is shown.</summary>
public interface IGridServers
{
    /// <param name="server">https; path and query are not looked at.</param>
    /// <param name="credential">Shown with its whole chain. Stays the caller's.</param>
    /// <param name="authoritiesPem">Trusted besides the system's.</param>
    IFtsServer Fts(Uri server, ClientCredential credential, string authoritiesPem);

    /// <summary>Asks a VOMS server (<c>/generate-ac</c>) for the attributes of the credential's end entity.</summary>
    /// <param name="addresses">Where to connect to, and nowhere else: a tenant names the host.</param>
    /// <param name="fqans"><c>/vo/group</c> or <c>/vo/group/Role=role</c>, the primary one first; empty: as the VO has it.</param>
    /// <param name="lifetime">Wished; the server may give less.</param>
    /// <returns>One attribute certificate, DER. Not checked.</returns>
    /// <exception cref="GridRefusedException">VomsRefused, VomsNotTrusted or VomsUnreachable.</exception>
    Task<byte[]> AttributesAsync(VomsServerAddress server, IReadOnlyList<IPAddress> addresses, ClientCredential credential, string authoritiesPem, IReadOnlyList<string> fqans, TimeSpan lifetime, CancellationToken ct);
}

/// <summary>
/// The delegation interface of one FTS server (fts-rest-flask, controllers/delegation.py), as one client. All calls throw
/// <see cref="GridRefusedException"/>: FtsRefused, FtsNotTrusted or FtsUnreachable.
/// </summary>
public interface IFtsServer : IDisposable
{
    Task<FtsIdentity> WhoAmIAsync(CancellationToken ct);

    /// <summary>When the delegated credential ends; null: there is none.</summary>
    Task<DateTimeOffset?> EndsAsync(string id, CancellationToken ct);

    /// <summary>PEM of the request to sign. The server hands out the same one until the size of the client's key differs.</summary>
    Task<string> RequestAsync(string id, CancellationToken ct);

    /// <param name="pem">The proxy, then the certificates that it was signed with, the nearest first.</param>
    /// <exception cref="GridRefusedException">DelegationRejected, too: the proxy is not of this request, or not well made.</exception>
    Task PutAsync(string id, string pem, CancellationToken ct);

    /// <returns>False: there was none.</returns>
    Task<bool> DeleteAsync(string id, CancellationToken ct);
}

/// <summary>Who FTS says we are.</summary>
/// <param name="DelegationId">First 16 digits of SHA-1 over the DN and the FQANs as they stand in the attribute certificate: one per identity, the same for each of its proxies.</param>
/// <param name="Dn">Of the end entity, with slashes.</param>
/// <param name="Vos">Of the FQANs, or of the server's grid map; else the delegation id itself.</param>
/// <param name="Fqans">In the proxy's order, without the empty parts with which FTS shows them, and counts them into the id.</param>
/// <param name="ClockOff">The server's clock is ahead by so much; null: it did not say.</param>
public sealed record FtsIdentity(string DelegationId, string Dn, IReadOnlyList<string> Vos, IReadOnlyList<string> Fqans, TimeSpan? ClockOff);

/// <summary>A grid server said no, or nothing.</summary>
/// <param name="reason">One of the constants: a condition's.</param>
/// <param name="message">The server's words, at most 200 characters of one line, or what became of the connection. Fit for a status.</param>
public sealed class GridRefusedException(string reason, string message) : Exception(message)
{
    public const string FtsRefused = nameof(FtsRefused);
    public const string FtsUnreachable = nameof(FtsUnreachable);

    /// <summary>The server's certificate is not of this host, has run out, or nobody who is trusted signed it.</summary>
    public const string FtsNotTrusted = nameof(FtsNotTrusted);

    public const string DelegationRejected = nameof(DelegationRejected);
    public const string VomsRefused = nameof(VomsRefused);
    public const string VomsUnreachable = nameof(VomsUnreachable);

    /// <inheritdoc cref="FtsNotTrusted"/>
    public const string VomsNotTrusted = nameof(VomsNotTrusted);

    public string Reason => reason;
}
