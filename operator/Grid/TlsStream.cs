using Org.BouncyCastle.Tls;

namespace RucioOperator.Grid;

/// <summary>
/// TLS of BouncyCastle over another stream: the framework's own can't present proxy certificates (on Linux its chain engine
/// throws on them). Reads and writes may overlap, as HttpClient's do; no thread waits.
/// </summary>
internal sealed class TlsStream(Stream transport) : Stream
{
    private readonly TlsClientProtocol _tls = new();
    private readonly Lock _guard = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly byte[] _arrived = new byte[18 * 1024];

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <param name="transport">Closed with the result, or when it fails.</param>
    /// <exception cref="IOException">A <see cref="TlsException"/> where it failed for what was said, not for what was not.</exception>
    public static async Task<TlsStream> OverAsync(Stream transport, TlsClient client, CancellationToken ct)
    {
        var stream = new TlsStream(transport);
        try
        {
            stream._tls.Connect(client);
            await stream.SendAsync(ct);
            while (stream._tls.IsHandshaking)
            {
                await stream.ReceiveAsync(ct);
            }
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            lock (_guard)
            {
                if (_tls.GetAvailableInputBytes() is > 0 and var there)
                {
                    var taken = new byte[Math.Min(there, buffer.Length)];
                    _tls.ReadInput(taken, 0, taken.Length);
                    taken.CopyTo(buffer);
                    return taken.Length;
                }
                if (_tls.IsClosed)
                {
                    return 0;
                }
            }
            await ReceiveAsync(cancellationToken);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_guard)
        {
            _tls.WriteApplicationData(buffer.ToArray(), 0, buffer.Length);
        }
        await SendAsync(cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            transport.Dispose();
        }
    }

    private async Task ReceiveAsync(CancellationToken ct)
    {
        var count = await transport.ReadAsync(_arrived, ct);
        try
        {
            lock (_guard)
            {
                if (count == 0)
                {
                    // Throws unless the other side said that it ends: an answer may have been cut.
                    _tls.CloseInput();
                }
                else
                {
                    _tls.OfferInput(_arrived, 0, count);
                }
            }
        }
        finally
        {
            // What the other side waits for; of a failure it is told why.
            await SendAsync(ct);
        }
    }

    private async Task SendAsync(CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            while (true)
            {
                byte[] ready;
                lock (_guard)
                {
                    ready = new byte[_tls.GetAvailableOutputBytes()];
                    _tls.ReadOutput(ready, 0, ready.Length);
                }
                if (ready.Length == 0)
                {
                    return;
                }
                await transport.WriteAsync(ready, ct);
            }
        }
        finally
        {
            _sending.Release();
        }
    }
}
