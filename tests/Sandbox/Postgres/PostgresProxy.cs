using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RucioOperator.Sandbox.Postgres;

/// <summary>One round trip of a client: a simple query, or everything up to a Sync.</summary>
public sealed class RoundTrip(int number, string sql, int statements, string application)
{
    internal bool IsCut { get; private set; }

    /// <summary>Counts from 1 over all connections of the proxy.</summary>
    public int Number => number;

    /// <summary>The statements parsed in this round trip; empty when a prepared one is executed again.</summary>
    public string Sql => sql;

    /// <summary>How many those are; one for a simple query, whatever is in it.</summary>
    public int Statements => statements;

    /// <summary>What the client called itself when it connected; empty if it did not.</summary>
    public string Application => application;

    /// <summary>Closes the connection instead of going on: before forwarding the server never sees it, after the answer the client never learns of it.</summary>
    public void Cut() => IsCut = true;
}

/// <summary>
/// Stands between a client and a <see cref="PostgresServer"/>, counts round trips and lets a test step in between any two of them.
/// It can't look into TLS: use sslmode=disable through it (with TLS it only forwards).
/// </summary>
public sealed class PostgresProxy : IAsyncDisposable
{
    private const int SslRequest = 80877103;
    private const int GssRequest = 80877104;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<TcpClient, byte> clients = new();
    private readonly IPEndPoint server;
    private readonly Task accepting;
    private int roundTrips;

    public PostgresProxy(string host, int port)
    {
        server = new(IPAddress.Parse(host), port);
        listener.Start();
        accepting = AcceptAsync();
    }

    public string Host => "127.0.0.1";

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int RoundTrips => Volatile.Read(ref roundTrips);

    /// <summary>Runs before the n-th round trip reaches the server.</summary>
    public Func<RoundTrip, Task>? OnRequest { get; set; }

    /// <summary>Runs when the server has answered completely, before the client sees any of it.</summary>
    public Func<RoundTrip, Task>? OnResponse { get; set; }

    public void ResetCount() => Interlocked.Exchange(ref roundTrips, 0);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        foreach (var client in clients.Keys)
            client.Close();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var upstream = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        clients[client] = 0;
        try
        {
            await upstream.ConnectAsync(server, stop.Token);
            var (front, back) = (client.GetStream(), upstream.GetStream());
            if (await ApplicationAfterStartupAsync(front, back) is { } application)
            {
                var dialogue = new Dialogue(this, application, front, back);
                await Task.WhenAny(dialogue.ForwardRequestsAsync(stop.Token), dialogue.ForwardAnswersAsync(stop.Token));
            }
            else
            {
                await Task.WhenAny(front.CopyToAsync(back, stop.Token), back.CopyToAsync(front, stop.Token));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either end may vanish at any time: that is what tests use this for.
        }
        finally
        {
            clients.TryRemove(client, out _);
            client.Dispose();
        }
    }

    /// <summary>Passes the untyped first messages on; null when client and server agreed on encryption.</summary>
    private async Task<string?> ApplicationAfterStartupAsync(NetworkStream front, NetworkStream back)
    {
        while (true)
        {
            var head = new byte[8];
            await front.ReadExactlyAsync(head, stop.Token);
            var rest = new byte[BinaryPrimitives.ReadInt32BigEndian(head) - 8];
            await front.ReadExactlyAsync(rest, stop.Token);
            await back.WriteAsync((byte[])[.. head, .. rest], stop.Token);
            if (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)) is not (SslRequest or GssRequest))
            {
                var parameters = Encoding.UTF8.GetString(rest).Split('\0');
                return Array.IndexOf(parameters, "application_name") is var at and >= 0 ? parameters[at + 1] : "";
            }
            var answer = new byte[1];
            await back.ReadExactlyAsync(answer, stop.Token);
            await front.WriteAsync(answer, stop.Token);
            if (answer[0] is (byte)'S' or (byte)'G')
                return null;
        }
    }

    private sealed class Dialogue(PostgresProxy proxy, string application, NetworkStream front, NetworkStream back)
    {
        private readonly ConcurrentQueue<RoundTrip> pending = new();
        private volatile bool flushed;

        public async Task ForwardRequestsAsync(CancellationToken cancellation)
        {
            var unsent = new MemoryStream();
            var sql = new StringBuilder();
            var statements = 0;
            while (await ReadMessageAsync(front, cancellation) is { } message)
            {
                unsent.Write(message);
                var type = (char)message[0];
                statements += type is 'Q' or 'P' ? 1 : 0;
                if (type == 'Q')
                    sql.Append(Text(message, 5));
                else if (type == 'P')
                    sql.Append(sql.Length > 0 ? "; " : "").Append(Text(message, Array.IndexOf(message, (byte)0, 5) + 1));
                flushed = type == 'H';

                if (type is 'Q' or 'S')
                {
                    var trip = new RoundTrip(Interlocked.Increment(ref proxy.roundTrips), sql.ToString(), statements, application);
                    sql.Clear();
                    statements = 0;
                    if (proxy.OnRequest is { } hook)
                        await hook(trip);
                    if (trip.IsCut)
                        return;
                    pending.Enqueue(trip);
                }
                // Parse, Bind and the like wait for their Sync, so that a cut round trip leaves nothing behind at the server.
                if (type is not ('P' or 'B' or 'D' or 'E' or 'C'))
                {
                    await back.WriteAsync(unsent.ToArray(), cancellation);
                    unsent.SetLength(0);
                }
            }
        }

        public async Task ForwardAnswersAsync(CancellationToken cancellation)
        {
            var held = new MemoryStream();
            while (await ReadMessageAsync(back, cancellation) is { } message)
            {
                held.Write(message);
                var type = (char)message[0];
                if (type == 'Z' && pending.TryDequeue(out var trip))
                {
                    if (proxy.OnResponse is { } hook)
                        await hook(trip);
                    if (trip.IsCut)
                        return;
                }
                // Log-in and COPY are dialogues: holding their messages back would leave both sides waiting.
                if (type is 'Z' or 'G' or 'W' or 'H' or 'd' || pending.IsEmpty || flushed)
                {
                    await front.WriteAsync(held.ToArray(), cancellation);
                    held.SetLength(0);
                }
            }
        }

        private static async Task<byte[]?> ReadMessageAsync(NetworkStream stream, CancellationToken cancellation)
        {
            var head = new byte[5];
            if (await stream.ReadAtLeastAsync(head, 5, throwOnEndOfStream: false, cancellation) < 5)
                return null;
            var message = new byte[1 + BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
            head.CopyTo(message, 0);
            await stream.ReadExactlyAsync(message.AsMemory(5), cancellation);
            return message;
        }

        private static string Text(byte[] message, int offset) =>
            Encoding.UTF8.GetString(message, offset, Array.IndexOf(message, (byte)0, offset) - offset);
    }
}
