using System.Globalization;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>The watch verb: where to start, what to say first, when to end.</summary>
internal sealed class Watches(KubeApiServer server, ObjectStore store, TimeProvider clock)
{
    public async Task RunAsync(HttpContext context, ApiRequest request, ResourceType type)
    {
        var query = context.Request.Query;
        var version = query["resourceVersion"].ToString();
        var initial = version is "" or "0" || query["sendInitialEvents"] == "true";
        var fields = query["fieldSelector"].ToString();
        var selectors = Selectors.Parse(query["labelSelector"], request.Name.Length > 0 ? $"metadata.name={request.Name}" : fields);
        var ns = request.Namespace.Length > 0 ? request.Namespace : null;
        var form = new Form(context.Request, clock);
        var stream = new WatchStream(context, request, server.Faults, stored => form.Of(type, stored))
        {
            Namespace = ns,
            Selectors = selectors,
            Bookmarks = query["allowWatchBookmarks"] == "true",
            Bookmark = at => form.Bookmark(type, at, initialEnd: false),
        };
        Channel<Change>? changes;
        List<StoredObject> present = [];
        long start;
        lock (store.Gate)
        {
            start = initial ? store.Version : long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number : throw ApiError.BadRequest($"strconv.ParseUint: parsing \"{version}\": invalid syntax");
            changes = store.Watch(type.Storage, start);
            present = initial ? [.. store.List(type.Storage, ns).Where(item => selectors.Match(item.Node))] : present;
        }

        request.Status = 200;
        context.Response.ContentType = "application/json";
        await (server.OnResponse?.Invoke(request) ?? Task.CompletedTask);
        await context.Response.StartAsync(context.RequestAborted);
        if (changes is null)
        {
            await stream.SendAsync("ERROR", ApiError.Expired($"too old resource version: {version} ({store.Version})").ToStatus());
            return;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(int.TryParse(query["timeoutSeconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromMinutes(45));
        try
        {
            foreach (var item in present)
            {
                await stream.SendAsync("ADDED", item);
            }

            if (query["sendInitialEvents"] == "true")
            {
                await stream.SendAsync("BOOKMARK", form.Bookmark(type, start, initialEnd: true));
            }

            await stream.RunAsync(changes.Reader, () =>
            {
                lock (store.Gate)
                {
                    changes.Writer.TryWrite(new(ChangeKind.Bookmark, store.Version, null, null));
                }
            }, timeout.Token);
        }
        finally
        {
            lock (store.Gate)
            {
                store.Unwatch(type.Storage, changes);
            }
        }
    }
}
