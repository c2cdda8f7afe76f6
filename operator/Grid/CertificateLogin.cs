using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

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
            // The library blocks; closing the socket is what ends it.
            await using var end = deadline.Token.Register(tcp.Close);
            return await Task.Run(() => Get(tcp.GetStream(), path, credential), CancellationToken.None);
        }
        catch (Exception error) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested && error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            throw new IOException($"{host}:{port} did not answer within {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        }
    }

    private CertificateAnswer Get(Stream stream, string path, ClientCredential? credential)
    {
        var client = new Client(serverName, credential);
        var tls = new TlsClientProtocol(stream);
        try
        {
            tls.Connect(client);
            tls.Stream.Write(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {serverName}\r\nAccept: */*\r\nUser-Agent: rucio-operator\r\nConnection: close\r\n\r\n"));
            return Parse(ReadHead(tls.Stream));
        }
        // With TLS 1.3 the client is done before the server has looked at its certificate: the alert comes instead of an answer.
        catch (Exception error) when (error is IOException && client.Presented)
        {
            return new CertificateAnswer(null, null);
        }
    }

    private static string ReadHead(Stream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (head.Length < LongestAnswer && !head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = stream.Read(buffer, 0, buffer.Length);
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

    private sealed class Client(string serverName, ClientCredential? credential) : DefaultTlsClient(new BcTlsCrypto(new SecureRandom()))
    {
        /// <summary>The server asked for a certificate and was given ours.</summary>
        public bool Presented { get; private set; }

        protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv13.DownTo(ProtocolVersion.TLSv12);

        protected override IList<ServerName> GetSniServerNames() => [new ServerName(NameType.host_name, Encoding.ASCII.GetBytes(serverName))];

        public override TlsAuthentication GetAuthentication() => new Authentication(this);

        private sealed class Authentication(Client client) : TlsAuthentication
        {
            /// <summary>Whose server it is does not matter here: nothing secret is sent, and the probe's own key opens nothing.</summary>
            public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
            {
            }

            public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest)
            {
                if (client.Credential is not { } credential)
                {
                    return null;
                }
                client.Presented = true;
                var (context, crypto) = (client.m_context, (BcTlsCrypto)client.Crypto);
                var isTls13 = TlsUtilities.IsTlsV13(context);
                var chain = credential.Chain.Select(c => crypto.CreateCertificate(c.RawData)).ToArray();
                var certificate = isTls13
                    ? new Certificate(certificateRequest.GetCertificateRequestContext(), [.. chain.Select(c => new CertificateEntry(c, null))])
                    : new Certificate(chain);
                var key = PrivateKeyFactory.CreateKey(credential.Key.ExportPkcs8PrivateKey());
                var algorithm = isTls13 ? SignatureAndHashAlgorithm.rsa_pss_rsae_sha256 : SignatureAndHashAlgorithm.GetInstance(HashAlgorithm.sha256, SignatureAlgorithm.rsa);
                return new BcDefaultTlsCredentialedSigner(new TlsCryptoParameters(context), crypto, key, certificate, algorithm);
            }
        }

        private ClientCredential? Credential => credential;
    }
}
