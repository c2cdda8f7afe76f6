using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Apply.Transfers;

/// <summary>FTS and VOMS in the process, with FTS' rules of delegation: answers at once, unless it is told otherwise.</summary>
internal sealed class PlayedGrid : IGridServers, IDisposable
{
    private static readonly RSA Key = RSA.Create(2048);
    private static readonly string Request = new CertificateRequest("O=Dummy", Key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();

    private readonly ThrowAwayAuthority _authority = new("Grid CA");
    private readonly AttributeAuthority _voms;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<(Uri, string), int> _busy = new();

    public PlayedGrid(TimeProvider clock)
    {
        _clock = clock;
        var server = _authority.IssueToRobot("voms.example.org", until: clock.GetUtcNow().AddDays(400));
        _voms = new("sky", "voms.example.org", 15000, server.CertificatePem, server.KeyPem);
    }

    public ConcurrentDictionary<(Uri Server, string Id), DateTimeOffset> Held { get; } = new();
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Reason of its refusal, by server or VOMS host.</summary>
    public ConcurrentDictionary<string, string> Faults { get; } = new();
    public TimeSpan? ClockOff { get; set; } = TimeSpan.Zero;
    public TimeSpan AttributesLive { get; set; } = TimeSpan.FromHours(24);
    public IReadOnlyList<string>? Gives { get; set; }

    /// <summary>What each call waits for.</summary>
    public Func<Task> Pause { get; set; } = () => Task.CompletedTask;

    /// <summary>Two conversations about one credential at the same time: real FTS would lose it.</summary>
    public bool Raced { get; private set; }

    public int Count(string call) => Calls.Count(c => c.StartsWith(call, StringComparison.Ordinal));

    public ClientCredential Robot(string name, TimeSpan? lives = null)
    {
        var (certificate, key) = _authority.IssueToRobot(name, until: _clock.GetUtcNow() + (lives ?? TimeSpan.FromDays(300)));
        return ClientCredential.FromPem(certificate, key);
    }

    public static string IdOf(string dn, IEnumerable<string> fqans) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(dn + string.Concat(fqans))))[..16];

    public IFtsServer Fts(Uri server, ClientCredential credential, string authoritiesPem) => new Server(this, server, credential);

    public async Task<byte[]> AttributesAsync(VomsServerAddress server, IReadOnlyList<IPAddress> addresses, ClientCredential credential, string authoritiesPem, IReadOnlyList<string> fqans, TimeSpan lifetime, CancellationToken ct)
    {
        await SayAsync(server.Host, "attributes");
        var now = _clock.GetUtcNow();
        return _voms.Issue(credential.EndEntity, Gives ?? fqans, now, now + (lifetime < AttributesLive ? lifetime : AttributesLive));
    }

    public void Dispose() => _authority.Dispose();

    private async Task SayAsync(string host, string call)
    {
        Calls.Enqueue($"{call} {host}");
        await Pause();
        if (Faults.TryGetValue(host, out var reason))
            throw new GridRefusedException(reason, $"{reason} by order");
    }

    private sealed class Server : IFtsServer
    {
        private readonly PlayedGrid _grid;
        private readonly Uri _server;
        private readonly ClientCredential _credential;
        private readonly string _id;

        public Server(PlayedGrid grid, Uri server, ClientCredential credential)
        {
            (_grid, _server, _credential, _id) = (grid, server, credential, IdOf(credential.Dn, credential.Fqans));
            grid.Raced |= grid._busy.AddOrUpdate((server, _id), 1, (_, n) => n + 1) > 1;
        }

        public async Task<FtsIdentity> WhoAmIAsync(CancellationToken ct)
        {
            await _grid.SayAsync(_server.Host, "whoami");
            return new(_id, _credential.Dn, ["sky"], _credential.Fqans, _grid.ClockOff);
        }

        public async Task<DateTimeOffset?> EndsAsync(string id, CancellationToken ct)
        {
            await _grid.SayAsync(_server.Host, "view");
            return _grid.Held.TryGetValue((_server, Own(id)), out var until) ? until : null;
        }

        public async Task<string> RequestAsync(string id, CancellationToken ct)
        {
            await _grid.SayAsync(_server.Host, "request");
            Own(id);
            return Request;
        }

        public async Task PutAsync(string id, string pem, CancellationToken ct)
        {
            await _grid.SayAsync(_server.Host, "put");
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            using var key = chain[0].GetRSAPublicKey()!;
            if (chain.Count < 2 || !key.ExportSubjectPublicKeyInfo().SequenceEqual(Key.ExportSubjectPublicKeyInfo()) || !chain[0].IssuerName.RawData.SequenceEqual(_credential.Chain[0].SubjectName.RawData))
                throw new GridRefusedException(GridRefusedException.DelegationRejected, "Malformed proxy");
            _grid.Held[(_server, Own(id))] = chain.Min(c => new DateTimeOffset(c.NotAfter.ToUniversalTime()));
        }

        public async Task<bool> DeleteAsync(string id, CancellationToken ct)
        {
            await _grid.SayAsync(_server.Host, "delete");
            return _grid.Held.TryRemove((_server, Own(id)), out _);
        }

        public void Dispose() => _grid._busy.AddOrUpdate((_server, _id), 0, (_, n) => n - 1);

        private string Own(string id) => id == _id ? id : throw new GridRefusedException(GridRefusedException.FtsRefused, "This delegation ID does not belong to you");
    }
}
