using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace RucioOperator.Grid;

/// <summary>What a server said to a client certificate.</summary>
/// <param name="Status">HTTP status; null: the handshake, or what came instead of an answer, refused the certificate.</param>
/// <param name="RucioError">Rucio's own class of error: then the request got past httpd.</param>
public sealed record CertificateAnswer(int? Status, string? RucioError)
{
    public override string ToString() => Status is null ? "refused in the handshake" : RucioError is null ? $"{Status}" : $"{Status} {RucioError}";
}

/// <summary>
/// One GET with a client certificate. Not with the framework's TLS: on Linux it can't present RFC 3820 proxies (its chain
/// engine throws on them).
/// </summary>
public sealed class CertificateLogin(string host, int port, string serverName, TimeSpan timeout)
{
    private const int LongestAnswer = 64 * 1024;

    /// <param name="credential">Null: no certificate is presented.</param>
    /// <exception cref="SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">It is not a TLS server, or it hung up before it saw the certificate.</exception>
    public async Task<CertificateAnswer> GetAsync(string path, ClientCredential? credential, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(timeout);
        using var tcp = new TcpClient();
        try
        {
            await tcp.ConnectAsync(host, port, deadline.Token);
            return await GetAsync(tcp.GetStream(), path, credential, deadline.Token);
        }
        catch (Exception error) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested && error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            throw new IOException($"{host}:{port} did not answer within {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        }
    }

    private async Task<CertificateAnswer> GetAsync(Stream tcp, string path, ClientCredential? credential, CancellationToken ct)
    {
        // Whose server it is does not matter here: nothing secret is sent, and the probe's own key opens nothing.
        var client = new GridTlsClient(serverName, credential, _ => null);
        try
        {
            await using var stream = await TlsStream.OverAsync(tcp, client, ct);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {serverName}\r\nAccept: */*\r\nUser-Agent: rucio-operator\r\nConnection: close\r\n\r\n"), ct);
            return Parse(await ReadHeadAsync(stream, ct));
        }
        // With TLS 1.3 the client is done before the server has looked at its certificate: the alert comes instead of an answer.
        catch (IOException) when (client.Presented && !ct.IsCancellationRequested)
        {
            return new CertificateAnswer(null, null);
        }
    }

    private static async Task<string> ReadHeadAsync(Stream stream, CancellationToken ct)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (head.Length < LongestAnswer && !head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, ct);
            if (read <= 0)
            {
                break;
            }
            head.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        return head.ToString();
    }

    private static CertificateAnswer Parse(string head)
    {
        var lines = head.Split("\r\n\r\n", 2)[0].Split("\r\n");
        if (lines[0].Split(' ') is not [var version, var code, ..] || !version.StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new IOException("the answer is not HTTP");
        }
        var error = lines.Skip(1).Select(l => l.Split(':', 2)).FirstOrDefault(h => h.Length == 2 && h[0].Equals("ExceptionClass", StringComparison.OrdinalIgnoreCase));
        return new CertificateAnswer(status, error?[1].Trim());
    }
}
