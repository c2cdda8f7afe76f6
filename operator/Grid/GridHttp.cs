using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Org.BouncyCastle.Tls;
using RucioOperator.Runtime;

namespace RucioOperator.Grid;

/// <summary>What a server said. <see cref="Body"/> is at most <see cref="GridHttp.LongestAnswer"/> bytes.</summary>
internal sealed record GridAnswer(int Status, string Body, DateTimeOffset? Date);

/// <summary>Reasons of a <see cref="GridRefusedException"/>, by kind of server.</summary>
/// <param name="Server">What kind it is, in a word.</param>
internal sealed record GridReasons(string Server, string Refused, string Unreachable, string NotTrusted)
{
    public static readonly GridReasons Fts = new("fts", GridRefusedException.FtsRefused, GridRefusedException.FtsUnreachable, GridRefusedException.FtsNotTrusted);
    public static readonly GridReasons Voms = new("voms", GridRefusedException.VomsRefused, GridRefusedException.VomsUnreachable, GridRefusedException.VomsNotTrusted);
}

/// <summary>
/// HTTP to one server as one client, whose certificate may be a proxy. No redirect is followed, no proxy server used, and
/// nothing but the given addresses connected to.
/// </summary>
internal sealed class GridHttp : IDisposable
{
    public const int LongestAnswer = 256 * 1024;

    /// <summary>Of names that lead to many machines.</summary>
    private const int MostAddresses = 4;

    private static readonly string Product = $"rucio-operator/{typeof(GridHttp).Assembly.GetName().Version?.ToString(3)}";

    private readonly HttpClient _http;
    private readonly GridServer _server;
    private readonly GridReasons _reasons;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;

    /// <summary>Of the last connection.</summary>
    private GridTlsClient? _tls;

    /// <param name="patience">For one call, with everything.</param>
    public GridHttp(GridServer server, GridReasons reasons, ClientCredential credential, TimeProvider time, TimeSpan patience)
    {
        (_server, _reasons, _time, _patience) = (server, reasons, time, patience);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            // Our trace is nobody else's business.
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = 1,
            ConnectTimeout = patience,
            // Apache ends them after five.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
            ConnectCallback = async (_, ct) => await ConnectAsync(credential, ct),
        })
        {
            // http: the connection it is given has TLS already.
            BaseAddress = new UriBuilder("http", server.Host, server.Port).Uri,
            MaxResponseContentBufferSize = LongestAnswer,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd(Product);
        _http.DefaultRequestHeaders.Accept.ParseAdd("*/*");
    }

    public void Dispose() => _http.Dispose();

    /// <param name="path">As it goes over the wire.</param>
    /// <exception cref="GridRefusedException">There is no answer. An answer of whatever status is one.</exception>
    public async Task<GridAnswer> SendAsync(HttpMethod method, string path, string? body, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(_patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        using var request = new HttpRequestMessage(method, new Uri(_http.BaseAddress!, path));
        request.Content = body is null ? null : new StringContent(body, Encoding.ASCII, "text/plain");
        using var span = RuntimeTracing.Call(_reasons.Server, method.Method, RouteOf(path));
        span?.SetTag("server.address", _server.Host);
        try
        {
            using var answer = await _http.SendAsync(request, both.Token);
            span.Answered((int)answer.StatusCode);
            return new GridAnswer((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(both.Token), answer.Headers.Date);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            var refused = Refused(error, deadline.IsCancellationRequested);
            span.Fail(refused.Reason);
            throw refused;
        }
    }

    // Both servers have few, and what tells one call from another stands behind the first place.
    private static string RouteOf(string path) => string.Join('/', path.Split('?')[0].Split('/').Select((place, at) => at <= 1 || place.All(char.IsAsciiLetter) ? place : "{}"));

    private async Task<Stream> ConnectAsync(ClientCredential credential, CancellationToken ct)
    {
        var host = _server.Host.Trim('[', ']');
        _tls = null;
        var tcp = await ReachAsync(ct);
        _tls = new GridTlsClient(host, credential, presented => ServerTrust.Against(presented, host, _server.Dn, _server.AuthoritiesPem, _time.GetUtcNow()));
        return await TlsStream.OverAsync(tcp, _tls, ct);
    }

    /// <summary>The first that takes the connection.</summary>
    private async Task<NetworkStream> ReachAsync(CancellationToken ct)
    {
        var addresses = await _server.Addresses(ct);
        if (addresses.Count == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }
        for (var n = 0; ; n++)
        {
            var socket = new Socket(addresses[n].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            // One that swallows packets must leave time for the next.
            using var turn = new CancellationTokenSource(_patience / (MostAddresses + 1), _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, turn.Token);
            try
            {
                await socket.ConnectAsync(addresses[n], _server.Port, both.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
            {
                socket.Dispose();
                if (n + 1 >= Math.Min(addresses.Count, MostAddresses))
                {
                    throw error is SocketException ? error : new SocketException((int)SocketError.TimedOut);
                }
            }
        }
    }

    /// <summary>First rule that fits wins.</summary>
    private GridRefusedException Refused(Exception error, bool late)
    {
        var causes = new List<Exception>();
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            causes.Add(cause);
        }
        var alert = causes.OfType<TlsFatalAlertReceived>().FirstOrDefault();
        if (_tls?.Distrust is { } why)
        {
            return new(_reasons.NotTrusted, $"its certificate {why}");
        }
        // With TLS 1.3 it comes instead of an answer, when the handshake is over for the client.
        if (_tls is { Presented: true } && alert is not null)
        {
            return new(_reasons.Refused, $"it refuses the certificate in the TLS handshake: {AlertDescription.GetName(alert.AlertDescription)}");
        }
        return new(_reasons.Unreachable, causes switch
        {
            // Being late ends the connection, which shows as many things.
            _ when late => string.Create(CultureInfo.InvariantCulture, $"no answer within {_patience.TotalSeconds} s"),
            _ when causes.OfType<SocketException>().FirstOrDefault() is { } socket => socket.SocketErrorCode switch
            {
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the host name is not known",
                SocketError.ConnectionRefused => "nothing answers there",
                SocketError.TimedOut => "the address takes no connection",
                SocketError.ConnectionReset or SocketError.Shutdown => "it hung up without an answer",
                _ => $"the connection failed ({socket.SocketErrorCode})",
            },
            _ when alert is not null => $"TLS failed: it says {AlertDescription.GetName(alert.AlertDescription)}",
            _ when causes.OfType<EndOfStreamException>().Any() || causes.OfType<TlsNoCloseNotifyException>().Any() => "it hung up without an answer",
            _ when causes.OfType<TlsException>().Any() => "it does not speak TLS 1.2 or 1.3",
            _ when causes.OfType<HttpRequestException>().Any(e => e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded) => "the answer is too long",
            _ when causes.OfType<HttpRequestException>().Any(e => e.HttpRequestError == HttpRequestError.InvalidResponse) => "the answer is not HTTP",
            _ => "the connection failed",
        });
    }
}
