using System.Buffers;
using System.IO.Pipelines;

namespace RucioOperator.Runtime;

/// <summary>The lines of a watch stream. A last line without its end was cut and is dropped.</summary>
internal sealed class WatchLines(Stream stream) : IAsyncDisposable
{
    private readonly PipeReader reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: true));
    private SequencePosition? consumed;

    /// <summary>Empty at the end. Valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (consumed is { } before)
            reader.AdvanceTo(before);
        consumed = null;
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = buffer.Slice(0, end);
                var next = buffer.GetPosition(1, end);
                if (!IsBlank(line))
                {
                    consumed = next;
                    return line.IsSingleSegment ? line.First : line.ToArray();
                }
                buffer = buffer.Slice(next);
            }
            if (result.IsCompleted)
            {
                reader.AdvanceTo(buffer.End);
                return default;
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    public ValueTask DisposeAsync() => reader.CompleteAsync();

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var segment in line)
        {
            if (segment.Span.ContainsAnyExcept(" \r\t"u8))
                return false;
        }
        return true;
    }
}
