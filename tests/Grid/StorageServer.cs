using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace RucioOperator.Tests.Grid;

/// <summary>A storage's door on loopback: takes connections, and says one thing to each request.</summary>
internal sealed class StorageServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private int _connections;

    public StorageServer()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Null: no TLS.</summary>
    public X509Certificate2? Certificate { get; set; }

    public bool WantsCertificate { get; init; }

    public SslProtocols Tls { get; init; }

    /// <summary>After something was read; null: nothing, ever.</summary>
    public byte[]? Answer { get; set; } = Http(207);

    /// <summary>What it was asked, with the bytes of one read.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    public int Connections => _connections;

    public static byte[] Http(int status, string headers = "") => Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n{headers}\r\n");

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            Stream stream = client.GetStream();
            if (Certificate is { } certificate)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    // Offline, or the server itself fetches what its certificate names.
                    ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
                    ClientCertificateRequired = WantsCertificate,
                    EnabledSslProtocols = Tls,
                    RemoteCertificateValidationCallback = (_, presented, _, _) => presented is not null || !WantsCertificate,
                }, _end.Token);
                stream = tls;
            }
            var buffer = new byte[16 * 1024];
            while (await stream.ReadAsync(buffer, _end.Token) is > 0 and var read)
            {
                _requests.Enqueue(Encoding.Latin1.GetString(buffer, 0, read));
                if (Answer is { } answer)
                {
                    await stream.WriteAsync(answer, _end.Token);
                    await stream.FlushAsync(_end.Token);
                }
            }
        }
        catch (Exception error) when (error is IOException or AuthenticationException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other side hung up, or the test is over.
        }
    }
}
