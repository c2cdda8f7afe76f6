using System.Diagnostics;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace RucioOperator.Runtime;

public interface IInformer
{
    string Name { get; }
    int Count { get; }
    bool HasSynced { get; }

    /// <summary>Since it last heard of the server or tried to; zero where nothing runs.</summary>
    TimeSpan Silence => TimeSpan.Zero;

    /// <summary>Completes when the first complete list of every namespace is in the store.</summary>
    Task Synced { get; }

    Task RunAsync(CancellationToken cancellationToken);
}

public sealed record InformerOptions<T> where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Empty: all. Without meaning for cluster-scoped kinds.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Needed where T does not say it: <see cref="PartialObject"/>.</summary>
    public ResourceKind? Kind { get; init; }

    /// <summary>Drops what is not needed before the object is stored; managedFields and kubectl's annotation are dropped anyway.</summary>
    public Func<T, T>? Transform { get; init; }

    /// <summary>The server need not serve the kind: while it does not, the informer ends with an empty store and may be run again later.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Not empty: of a kind without namespaces these alone are looked at, by name and now and then, where nobody may list or watch the kind.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Null: every namespace can be read.</summary>
    public WatchedNamespaces? Access { get; init; }

    public int PageSize { get; init; } = 500;

    /// <summary>Asked of the server, spread ± 10 %.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>A watch without a byte, not even a bookmark (they come every minute), is dead: cut, and opened again where it was.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Keeps a store equal to the server: paged list, then watch, again from the start when the server forgot our place; or a look by name.</summary>
public sealed class Informer<T>(KubeApi api, InformerOptions<T> options, TimeProvider time, Random random, ILogger logger) : IInformer
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const string KubectlAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

    private readonly ResourceKind kind = options.Kind ?? ResourceKind.Of<T>();
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Backoff backoff = new(random) { First = TimeSpan.FromMilliseconds(200), Cap = TimeSpan.FromSeconds(30), Jitter = 0.5 };
    private readonly IReadOnlyList<string> namespaces = NamespacesOf(options);
    private int unsynced = Math.Max(NamespacesOf(options).Count, options.Names.Count);

    /// <summary>Of each namespace or name: when something last happened; 0: it is not followed.</summary>
    private readonly long[] heard = new long[Math.Max(NamespacesOf(options).Count, options.Names.Count)];

    public ResourceStore<T> Store { get; } = new();
    public ResourceKind Kind => kind;
    public string Name => kind.Plural;
    public int Count => Store.Count;
    public bool HasSynced => synced.Task.IsCompletedSuccessfully;
    public Task Synced => synced.Task;

    public TimeSpan Silence
    {
        get
        {
            var longest = TimeSpan.Zero;
            for (var place = 0; place < heard.Length; place++)
            {
                if (Interlocked.Read(ref heard[place]) is not 0 and var at && time.GetElapsedTime(at) is var silence && silence > longest)
                    longest = silence;
            }
            return longest;
        }
    }

    /// <summary>
    /// Called for every change in order, (null, now) for new, (old, null) for gone, on the watch's own thread: be
    /// quick; what is thrown is logged and lost. What is already in the store is told at once.
    /// </summary>
    public void Subscribe(Action<T?, T?> onChange) => Store.Subscribe(onChange);

    /// <summary>Takes the server's answer to our own write, see <see cref="ResourceStore{T}.Refresh"/>.</summary>
    public void Refresh(T written) => Store.Refresh(Trim(written));

    public Task RunAsync(CancellationToken cancellationToken)
    {
        Store.OnError = (key, error) => RuntimeLog.OddObject(logger, error, kind.Kind, key);
        return Task.WhenAll(options.Names.Count > 0 ? options.Names.Select((name, place) => HeardAsync(place, LookAsync(name, place, cancellationToken)))
            : namespaces.Select((@namespace, place) => HeardAsync(place, FollowAsync(@namespace, place, cancellationToken))));
    }

    private async Task LookAsync(string name, int place, CancellationToken cancellationToken)
    {
        var (key, failures, first) = (new ObjectKey("", name), 0, true);
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan pause;
            Hear(place);
            try
            {
                if (await api.GetAsync<T>(key, cancellationToken, kind) is { } found)
                    Store.Upsert(Trim(found), listed: true);
                else
                    Store.Remove(key, null);
                options.Access?.Opened(name);
                (failures, pause) = (0, backoff.Spread(options.LookInterval, 0.1));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubeApiException error) when (error.Kind == KubeErrorKind.Forbidden && options.Access is { } access)
            {
                if (access.Closed(name))
                    RuntimeLog.NamespaceClosed(logger, name);
                Store.Remove(key, null);
                pause = backoff.Delay(failures++);
            }
            catch (KubeApiException error)
            {
                pause = backoff.Delay(failures++);
                RuntimeLog.WatchFailed(logger, $"{Name} {name}", error.Message, pause);
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }
            if (first)
                Known();
            first = false;
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Known()
    {
        if (Interlocked.Decrement(ref unsynced) == 0)
            synced.TrySetResult();
    }

    private async Task HeardAsync(int place, Task run)
    {
        try
        {
            await run;
        }
        finally
        {
            Interlocked.Exchange(ref heard[place], 0);
        }
    }

    private void Hear(int place) => Interlocked.Exchange(ref heard[place], time.GetTimestamp());

    private async Task FollowAsync(string @namespace, int place, CancellationToken cancellationToken)
    {
        var selection = new Selection(@namespace, options.LabelSelector, options.FieldSelector, kind);
        var (failures, first) = (0, true);
        string? version = null;
        if (@namespace.Length > 0 && options.Access is { } access && !await access.IsOpenAsync(@namespace, cancellationToken))
        {
            // Others must not wait for it: as far as we can see, there is nothing.
            Known();
            first = false;
            await access.UntilOpenAsync(@namespace, cancellationToken);
        }
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan? pause;
            Hear(place);
            try
            {
                if (version is null)
                {
                    version = await ListAsync(selection, place, cancellationToken);
                    if (first)
                        Known();
                    first = false;
                }
                var (began, from) = (time.GetTimestamp(), version);
                version = await WatchAsync(selection, version, place, latest => (version, failures) = (latest, 0), cancellationToken);
                Restarted("ended");
                // Ended by the server in its own time: open again at once. One that ends as soon as it opens must not spin.
                pause = version != from || time.GetElapsedTime(began) > TimeSpan.FromSeconds(1) ? null : backoff.Delay(failures++);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound && options.IsOptional)
            {
                Store.RemoveMissing(@namespace, new HashSet<ObjectKey>());
                return;
            }
            catch (KubeApiException error)
            {
                // Gone: our place is too old. Anything that can't be read or isn't allowed may have made us miss an event: list too.
                if (error.Kind is not (KubeErrorKind.Unavailable or KubeErrorKind.Throttled))
                    version = null;
                Restarted(error.Kind.ToString());
                pause = backoff.Delay(failures++);
                if (error.RetryAfter is { } wish && wish > pause)
                    pause = wish;
                // A place that is merely old is everyday life: list at once, the first time.
                if (error.Kind == KubeErrorKind.Gone && failures == 1)
                    pause = null;
                else
                    RuntimeLog.WatchFailed(logger, Name, error.Message, pause.Value);
            }
            if (pause is { } wait)
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Nothing is declared gone before the last page is in.
    private async Task<string> ListAsync(Selection selection, int place, CancellationToken cancellationToken)
    {
        var listed = new HashSet<ObjectKey>();
        string? next = null;
        ResourcePage<T> page;
        do
        {
            page = await api.ListPageAsync<T>(selection, options.PageSize, next, cancellationToken);
            Hear(place);
            foreach (var item in page.Items)
            {
                var obj = Trim(item);
                listed.Add(ObjectKey.Of(obj));
                Store.Upsert(obj, listed: true);
            }
            foreach (var key in page.Undecodable)
            {
                listed.Add(key);
                RuntimeLog.Undecodable(logger, kind.Kind, key);
            }
            next = page.Continue;
        }
        while (next is not null);
        Store.RemoveMissing(selection.Namespace, listed);
        return page.ResourceVersion;
    }

    private async Task<string> WatchAsync(Selection selection, string version, int place, Action<string> progressed, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(options.SilenceLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            await foreach (var change in api.WatchAsync<T>(selection, version, backoff.Spread(options.WatchTimeout, 0.1), both.Token))
            {
                silence.CancelAfter(options.SilenceLimit);
                Hear(place);
                Take(change);
                version = change.ResourceVersion;
                progressed(version);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Restarted("silent");
        }
        return version;
    }

    private void Take(WatchEvent<T> change)
    {
        RuntimeMetrics.WatchEvents.Add(1, new("kind", Name), new("type", change.Kind.ToString()));
        switch (change)
        {
            case { Kind: WatchKind.Bookmark }:
                break;
            case { Kind: WatchKind.Undecodable }:
                RuntimeLog.Undecodable(logger, kind.Kind, change.Key);
                break;
            case { Kind: WatchKind.Deleted, Object: { } gone }:
                Store.Remove(ObjectKey.Of(gone), gone.Metadata.Uid);
                break;
            case { Object: { } obj }:
                Store.Upsert(Trim(obj), listed: false);
                break;
        }
    }

    private T Trim(T obj)
    {
        obj.Metadata.ManagedFields = null;
        if (obj is PartialObject)
            obj.Metadata.Annotations = null;
        else
            obj.Metadata.Annotations?.Remove(KubectlAnnotation);
        return options.Transform is { } transform ? transform(obj) : obj;
    }

    private static IReadOnlyList<string> NamespacesOf(InformerOptions<T> options) =>
        options.Namespaces.Count == 0 || (options.Kind ?? ResourceKind.Of<T>()).IsClusterScoped ? [""] : options.Namespaces;

    private void Restarted(string reason) => RuntimeMetrics.WatchRestarts.Add(1, new TagList { { "kind", Name }, { "reason", reason } });
}
