using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>
/// Asks the server at the start which optional kinds it serves, and again when a spec needs one that it did not; follows
/// the objects of those it serves until it no longer does. Costs no call while nothing is missing.
/// </summary>
public sealed class KindDiscovery : IInformer, IDisposable
{
    /// <summary>A missing kind is asked for at most that often, however many instances need it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly KubeApi api;
    private readonly TimeProvider time;
    private readonly ILogger<KindDiscovery> logger;
    private readonly Dictionary<ResourceKind, Informer<UntypedObject>> informers;
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim gate = new(1);
    private readonly Lock change = new();
    private readonly Dictionary<ResourceKind, Task> running = [];
    private volatile ApiKinds current = ApiKinds.None;
    private CancellationToken stop;
    private long? lastLook;

    public KindDiscovery(KubeApi api, Func<ResourceKind, Informer<UntypedObject>> informer, TimeProvider time, ILogger<KindDiscovery> logger)
    {
        (this.api, this.time, this.logger) = (api, time, logger);
        informers = OptionalKinds.All.SelectMany(kind => kind.Candidates).ToDictionary(kind => kind, informer);
    }

    /// <summary>A kind came or went.</summary>
    public event Action? Changed;

    /// <summary>Of every version of every kind, whether served or not: to subscribe to.</summary>
    public IReadOnlyCollection<Informer<UntypedObject>> Informers => informers.Values;

    public ApiKinds Current => current;

    public string Name => "optional kinds";
    public int Count => informers.Values.Sum(informer => informer.Count);
    public bool HasSynced => synced.Task.IsCompletedSuccessfully;
    public Task Synced => synced.Task;
    public TimeSpan Silence => informers.Values.Max(informer => informer.Silence);

    /// <summary>One of ours, as the watch told it last.</summary>
    public UntypedObject? Find(OptionalKind kind, ObjectKey key) => current.Find(kind) is { } served ? informers[served].Store.Get(key) : null;

    /// <summary>What is served now; asks the server where one of these is not known to be.</summary>
    public async Task<ApiKinds> EnsureAsync(IReadOnlyCollection<OptionalKind> wanted, CancellationToken cancellationToken)
    {
        if (current.Serves(wanted))
            return current;
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (!current.Serves(wanted) && (lastLook is not { } at || time.GetElapsedTime(at) >= Patience))
                await LookAsync(cancellationToken);
            return current;
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        stop = cancellationToken;
        while (!cancellationToken.IsCancellationRequested && !HasSynced)
        {
            try
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    await LookAsync(cancellationToken);
                }
                finally
                {
                    gate.Release();
                }
                synced.TrySetResult();
            }
            catch (KubeApiException error)
            {
                ObservedLog.DiscoveryFailed(logger, error.Message);
                await Task.Delay(Retry, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
            }
        }
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task[] left;
        lock (change)
            left = [.. running.Values];
        await Task.WhenAll(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => gate.Dispose();

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var served = await AskAsync(api, cancellationToken);
        lastLook = time.GetTimestamp();
        foreach (var kind in OptionalKinds.All.Where(kind => !IsFollowed(kind)))
        {
            if (served.Find(kind) is { } one)
                await StartAsync(kind, one, cancellationToken);
        }
    }

    /// <summary>What the server says it serves now.</summary>
    public static async Task<ApiKinds> AskAsync(KubeApi api, CancellationToken cancellationToken)
    {
        var groups = Versions(await api.DiscoverAsync("apis", cancellationToken));
        var resources = new Dictionary<string, IReadOnlySet<string>>();
        foreach (var version in OptionalKinds.All.SelectMany(kind => kind.Candidates).Select(kind => kind.ApiVersion).Distinct().Where(groups.Contains))
            resources[version] = Plurals(await api.DiscoverAsync($"apis/{version}", cancellationToken));
        return new(OptionalKinds.All.Select(kind => (kind, One: kind.Candidates.FirstOrDefault(one => resources.TryGetValue(one.ApiVersion, out var plurals) && plurals.Contains(one.Plural))))
            .Where(found => found.One is not null).ToDictionary(found => found.kind, found => found.One!));
    }

    private bool IsFollowed(OptionalKind kind)
    {
        lock (change)
            return kind.Candidates.Any(running.ContainsKey);
    }

    private async Task StartAsync(OptionalKind kind, ResourceKind served, CancellationToken cancellationToken)
    {
        var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (change)
            running[served] = Task.Run(() => FollowAsync(kind, served, known), CancellationToken.None);
        // One we may not list must not hold up the others.
        await Task.WhenAny(known.Task, Task.Delay(Patience, time, cancellationToken));
    }

    /// <summary>A kind counts as served once its objects are known, or a pass would make again what is there.</summary>
    private async Task FollowAsync(OptionalKind kind, ResourceKind served, TaskCompletionSource known)
    {
        var run = informers[served].RunAsync(stop);
        await Task.WhenAny(informers[served].Synced, run);
        if (!run.IsCompleted)
        {
            Set(new(current.Served) { [kind] = served });
            ObservedLog.KindServed(logger, served.Kind, served.ApiVersion);
            known.TrySetResult();
            Changed?.Invoke();
        }
        known.TrySetResult();
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (change)
            running.Remove(served);
        if (stop.IsCancellationRequested || !current.Has(kind))
            return;
        Set(current.Served.Where(entry => entry.Key != kind).ToDictionary());
        ObservedLog.KindGone(logger, served.Kind, served.ApiVersion);
        Changed?.Invoke();
    }

    private void Set(Dictionary<OptionalKind, ResourceKind> served)
    {
        lock (change)
            current = new(served);
    }

    private static HashSet<string> Versions(JsonNode? groups) =>
        [.. (groups?["groups"] as JsonArray ?? []).SelectMany(group => group?["versions"] as JsonArray ?? []).Select(version => version?["groupVersion"]?.GetValue<string>()).OfType<string>()];

    private static HashSet<string> Plurals(JsonNode? list) =>
        [.. (list?["resources"] as JsonArray ?? []).Select(resource => resource?["name"]?.GetValue<string>()).OfType<string>()];
}
