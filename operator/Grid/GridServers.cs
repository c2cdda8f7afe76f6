using System.Net;

namespace RucioOperator.Grid;

/// <summary>The servers there are.</summary>
/// <param name="patience">For one call.</param>
public sealed class GridServers(TimeProvider time, TimeSpan patience) : IGridServers
{
    public IFtsServer Fts(Uri server, ClientCredential credential, string authoritiesPem) =>
        new FtsServer(new GridHttp(new GridServer(server.Host, server.Port, ct => ResolveAsync(server, ct), null, authoritiesPem), GridReasons.Fts, credential, time, patience), time);

    public async Task<byte[]> AttributesAsync(VomsServerAddress server, IReadOnlyList<IPAddress> addresses, ClientCredential credential, string authoritiesPem, IReadOnlyList<string> fqans, TimeSpan lifetime, CancellationToken ct)
    {
        using var http = new GridHttp(new GridServer(server.Host, server.Port, _ => Task.FromResult(addresses), server.Dn, authoritiesPem), GridReasons.Voms, credential, time, patience);
        return await VomsServer.AttributesAsync(http, server.Vo, fqans, lifetime, ct);
    }

    private static async Task<IReadOnlyList<IPAddress>> ResolveAsync(Uri server, CancellationToken ct) =>
        // The resolver of the C library heeds no token.
        await Dns.GetHostAddressesAsync(server.IdnHost, ct).WaitAsync(ct);
}
