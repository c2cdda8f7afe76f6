using Org.BouncyCastle.Tls;

namespace RucioOperator.Sandbox.Grid;

/// <summary>The server's side of TLS over two streams. The framework's own refuses clients that present proxy certificates.</summary>
internal sealed class TlsServerStream(Stream input, Stream output) : Stream
{
    private readonly TlsServerProtocol tls = new();
    private readonly Lock gate = new();
    private readonly SemaphoreSlim sending = new(1, 1);
    private readonly byte[] arrived = new byte[18 * 1024];

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">The handshake failed; the client has been told.</exception>
    public async Task AcceptAsync(TlsServer server, CancellationToken ct)
    {
        tls.Accept(server);
        while (tls.IsHandshaking)
            await ReceiveAsync(ct);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            lock (gate)
            {
                if (tls.GetAvailableInputBytes() is > 0 and var there)
                {
                    var taken = new byte[Math.Min(there, buffer.Length)];
                    tls.ReadInput(taken, 0, taken.Length);
                    taken.CopyTo(buffer);
                    return taken.Length;
                }
                if (tls.IsClosed)
                    return 0;
            }
            await ReceiveAsync(cancellationToken);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (gate)
            tls.WriteApplicationData(buffer.ToArray(), 0, buffer.Length);
        await SendAsync(cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Says that nothing more comes.</summary>
    public async Task EndAsync(CancellationToken ct)
    {
        lock (gate)
            tls.Close();
        await SendAsync(ct);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async Task ReceiveAsync(CancellationToken ct)
    {
        var count = await input.ReadAsync(arrived, ct);
        try
        {
            lock (gate)
            {
                if (count == 0)
                    tls.CloseInput();
                else
                    tls.OfferInput(arrived, 0, count);
            }
        }
        finally
        {
            await SendAsync(ct);
        }
    }

    private async Task SendAsync(CancellationToken ct)
    {
        await sending.WaitAsync(ct);
        try
        {
            while (true)
            {
                byte[] ready;
                lock (gate)
                {
                    ready = new byte[tls.GetAvailableOutputBytes()];
                    tls.ReadOutput(ready, 0, ready.Length);
                }
                if (ready.Length == 0)
                    break;
                await output.WriteAsync(ready, ct);
            }
            await output.FlushAsync(ct);
        }
        finally
        {
            sending.Release();
        }
    }
}
