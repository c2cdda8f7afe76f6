using System.Buffers.Binary;

namespace RucioOperator.Grid;

/// <summary>The handshake of the XRootD protocol (specification 5.x, "Initial Handshake"): five words go, and a header and two words come back, before any login.</summary>
internal static class XrootdHello
{
    private const int Answer = 16;

    public static async Task<bool> IsAnsweredAsync(Stream stream, CancellationToken ct)
    {
        var hello = new byte[20];
        BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(12), 4);
        BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(16), 2012);
        await stream.WriteAsync(hello, ct);
        var answer = new byte[Answer];
        var read = await stream.ReadAtLeastAsync(answer, Answer, throwOnEndOfStream: false, ct);
        // Stream id 0 0, status ok, then the length of what follows: protocol version, and kind of server (0 manager, 1 data).
        return read == Answer && BinaryPrimitives.ReadInt32BigEndian(answer) == 0 && BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4)) == 8
            && BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(12)) is 0 or 1;
    }
}
