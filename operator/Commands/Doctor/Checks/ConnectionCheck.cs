using System.Net;
using System.Net.Sockets;
using RucioOperator.Api;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>Servers that Rucio's pods will connect to, and the operator does not: brokers, mail, a cache. A port that takes connections is all that is asked for.</summary>
internal static class ConnectionCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        foreach (var (field, host, port) in Places(instance.Spec))
        {
            try
            {
                tools.RequireReach(host);
                var addresses = await tools.AddressesAsync(host, ct);
                if (addresses.Count == 0)
                {
                    notes.Error("HostUnreachable", $"{field}: {host} leads nowhere", "correct the host, or its DNS");
                }
                else if (await ConnectsAsync(addresses, port, tools.Time, ct))
                {
                    notes.Ok($"{field}: {host}:{port} takes connections");
                }
                else
                {
                    notes.Error("HostUnreachable", $"{field}: nothing answers at {host}:{port}");
                }
            }
            catch (NotAtHandException unknown)
            {
                notes.NotChecked(unknown.Reason, $"{field}: {unknown.Message}");
            }
        }
    }

    private static IEnumerable<(string Field, string Host, int Port)> Places(RucioInstanceSpec spec)
    {
        (string Name, BrokerSpec? Broker)[] brokers = [("hermes", spec.Messaging?.Hermes), ("receiver", spec.Messaging?.Receiver), ("traces", spec.Messaging?.Traces)];
        foreach (var (name, broker) in brokers)
        {
            foreach (var (host, place) in (broker?.Hosts ?? []).Select((h, n) => (h, n)))
            {
                yield return ($"spec.messaging.{name}.hosts[{place}]", host, broker!.Port);
            }
        }
        if (spec.Mail is { } mail)
        {
            yield return ("spec.mail.host", mail.Host, mail.Port);
        }
        if (spec.Cache?.Url is { } cache && Uri.TryCreate($"tcp://{cache}", UriKind.Absolute, out var url))
        {
            yield return ("spec.cache.url", url.Host, url.Port);
        }
    }

    private static async Task<bool> ConnectsAsync(IReadOnlyList<IPAddress> addresses, int port, TimeProvider time, CancellationToken ct)
    {
        foreach (var address in addresses)
        {
            using var limit = new CancellationTokenSource(Patience, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(address, port, both.Token);
                return true;
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
            {
                // The next one may answer.
            }
        }
        return false;
    }
}
