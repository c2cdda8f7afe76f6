using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using RucioOperator.Observed;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Grid;

/// <summary>
/// Does what an endpoint's URL says answer? Asked as a stranger: no credential is sent, no redirect followed, and no more than a
/// few kilobytes read. Connects to the addresses it is given and to no other, whatever the name leads to by then.
/// </summary>
/// <param name="patience">For one endpoint, with everything.</param>
public sealed class EndpointProbe(TimeProvider time, TimeSpan patience)
{
    /// <summary>Of names that lead to many machines.</summary>
    private const int MostAddresses = 4;

    /// <param name="trust">PEM texts of authorities besides the system's.</param>
    public async Task<EndpointResult> LookAsync(string url, Endpoint endpoint, IReadOnlyList<IPAddress> addresses, string trust, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            return endpoint.Scheme switch
            {
                "root" => new(url, await HelloAsync(endpoint, addresses, both.Token)),
                "http" => new(url, await PlainAsync(endpoint, addresses, both.Token)),
                "davs" => await TlsAsync(url, endpoint, addresses, trust, ["OPTIONS", "PROPFIND"], both.Token),
                "https" or "s3" => await TlsAsync(url, endpoint, addresses, trust, ["OPTIONS"], both.Token),
                // SRM and its like speak something of their own within TLS.
                _ => await TlsAsync(url, endpoint, addresses, trust, [], both.Token),
            };
        }
        catch (Exception error) when (error is SocketException or IOException || error is OperationCanceledException && !ct.IsCancellationRequested)
        {
            return new(url, EndpointResult.NoAnswer);
        }
    }

    private async Task<string> HelloAsync(Endpoint endpoint, IReadOnlyList<IPAddress> addresses, CancellationToken ct)
    {
        await using var stream = await ConnectAsync(endpoint, addresses, ct);
        return await XrootdHello.IsAnsweredAsync(stream, ct) ? EndpointResult.Answers : EndpointResult.OtherProtocol;
    }

    private async Task<string> PlainAsync(Endpoint endpoint, IReadOnlyList<IPAddress> addresses, CancellationToken ct)
    {
        await using var stream = await ConnectAsync(endpoint, addresses, ct);
        return Judge(await HttpHead.AskAsync(stream, "OPTIONS", endpoint, ct));
    }

    private async Task<EndpointResult> TlsAsync(string url, Endpoint endpoint, IReadOnlyList<IPAddress> addresses, string trust, string[] methods, CancellationToken ct)
    {
        var look = await TlsLook.AtAsync(await ConnectAsync(endpoint, addresses, ct), endpoint.Host.Trim('[', ']'), trust, time.GetUtcNow(), ct);
        foreach (var method in methods)
        {
            using (look)
            {
                if (look.Fault is not null || !look.IsOpen)
                {
                    break;
                }
                string? fault = null;
                try
                {
                    fault = Judge(await HttpHead.AskAsync(look.Stream, method, endpoint, ct));
                }
                catch (Exception error) when (error is IOException or AuthenticationException && look.WantsCertificate)
                {
                    // With TLS 1.3 it says only now that it talks to nobody without a certificate: it is there.
                    break;
                }
                if (fault != EndpointResult.Answers)
                {
                    return new(url, fault, look.Expires);
                }
            }
            if (method != methods[^1])
            {
                look = await TlsLook.AtAsync(await ConnectAsync(endpoint, addresses, ct), endpoint.Host.Trim('[', ']'), trust, time.GetUtcNow(), ct);
            }
        }
        look.Dispose();
        return new(url, look.Fault ?? EndpointResult.Answers, look.Expires);
    }

    /// <summary>A refusal, or a folder that is not there, is an answer, too.</summary>
    private static string Judge(int? status) => status switch
    {
        null => EndpointResult.OtherProtocol,
        >= 500 and not (501 or 505) => EndpointResult.ServerError,
        _ => EndpointResult.Answers,
    };

    /// <summary>The first that takes the connection.</summary>
    private async Task<NetworkStream> ConnectAsync(Endpoint endpoint, IReadOnlyList<IPAddress> addresses, CancellationToken ct)
    {
        for (var n = 0; ; n++)
        {
            var socket = new Socket(addresses[n].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            // One that swallows packets must leave time for the next.
            using var turn = new CancellationTokenSource(patience / (MostAddresses + 1), time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, turn.Token);
            try
            {
                await socket.ConnectAsync(addresses[n], endpoint.Port, both.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException && !ct.IsCancellationRequested && n + 1 < Math.Min(addresses.Count, MostAddresses))
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
