using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>One open watch: turns changes into lines, and lets faults at the bytes.</summary>
internal sealed class WatchStream(HttpContext context, ApiRequest request, FaultRules faults, Func<StoredObject, byte[]> render)
{
    private Fault? _fault;
    private int _bytesLeft = int.MaxValue;

    /// <summary>A dead connection: says nothing, and does not end at its timeout either.</summary>
    private bool IsSilent => _fault?.Silent == true;

    public required string? Namespace { get; init; }
    public required Selectors Selectors { get; init; }
    public required bool Bookmarks { get; init; }
    public required Func<long, JsonObject> Bookmark { get; init; }

    public async Task RunAsync(ChannelReader<Change> changes, Action final, CancellationToken timeout)
    {
        await context.Response.Body.FlushAsync(context.RequestAborted);
        while (true)
        {
            try
            {
                await changes.WaitToReadAsync(IsSilent ? context.RequestAborted : timeout);
            }
            catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
            {
                final();
            }

            while (changes.TryRead(out var change))
            {
                if (change.Kind == ChangeKind.Cut)
                {
                    context.Abort();
                    return;
                }

                await SendAsync(change);
            }

            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (timeout.IsCancellationRequested && !IsSilent)
            {
                return;
            }
        }
    }

    public Task SendAsync(string kind, StoredObject stored) => WriteLineAsync(kind, render(stored));

    public Task SendAsync(string kind, JsonObject node) => WriteLineAsync(kind, Json.Bytes(node));

    private Task SendAsync(Change change)
    {
        if (change.Kind == ChangeKind.Bookmark)
        {
            return Bookmarks ? SendAsync("BOOKMARK", Bookmark(change.Version)) : Task.CompletedTask;
        }

        var (now, was) = (Sees(change.After), Sees(change.Before));
        return (change.Kind, was, now) switch
        {
            (ChangeKind.Deleted, true, _) or (ChangeKind.Modified, true, false) => SendAsync("DELETED", change.After!),
            (ChangeKind.Added, _, true) or (ChangeKind.Modified, false, true) => SendAsync("ADDED", change.After!),
            (ChangeKind.Modified, true, true) => SendAsync("MODIFIED", change.After!),
            _ => Task.CompletedTask,
        };
    }

    private bool Sees(StoredObject? stored) =>
        stored is not null && (Namespace is null || stored.Namespace == Namespace) && Selectors.Match(stored.Node);

    private async Task WriteLineAsync(string kind, byte[] json)
    {
        if (_fault is null && faults.Take(request, onStream: true) is { } fault)
        {
            (_fault, _bytesLeft) = (fault, fault.CutAfterBytes ?? _bytesLeft);
        }

        if (IsSilent)
        {
            return;
        }

        var line = new byte[json.Length + 64];
        var head = System.Text.Encoding.ASCII.GetBytes($"{{\"type\":\"{kind}\",\"object\":", line);
        json.CopyTo(line.AsSpan(head));
        var length = head + json.Length;
        line[length++] = (byte)'}';
        line[length++] = (byte)'\n';
        var sent = Math.Min(length, _bytesLeft);
        await context.Response.Body.WriteAsync(line.AsMemory(0, sent), context.RequestAborted);
        if (_fault is null)
        {
            return;
        }

        _bytesLeft -= sent;
        if (_bytesLeft == 0)
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
            throw new OperationCanceledException();
        }
    }
}
