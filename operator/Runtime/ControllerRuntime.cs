using System.Diagnostics.Metrics;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace RucioOperator.Runtime;

public sealed record RuntimeOptions
{
    /// <summary>Empty: all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>± 10 %: when a key is looked at again although nothing happened.</summary>
    public TimeSpan ResyncPeriod { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Caches not filled by then: the process gives up, so that the cause shows.</summary>
    public TimeSpan SyncTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Null: no election, this process leads.</summary>
    public LeaderElectionOptions? LeaderElection { get; init; }
}

/// <summary>Composition: informers, controllers, election. Caches are warm before the lease is asked for.</summary>
public sealed class ControllerRuntime : IDisposable
{
    private readonly KubeApi api;
    private readonly RuntimeOptions options;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly ILoggerFactory loggers;
    private readonly ILogger logger;
    private readonly List<IInformer> informers = [];
    private readonly List<Controller> controllers = [];
    private readonly LeaderElection? election;
    private readonly Meter gauges = new(RuntimeMetrics.MeterName);
    private readonly WatchedNamespaces? access;
    private volatile bool working;

    public ControllerRuntime(KubeApi api, RuntimeOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        (this.api, this.options, this.time, this.random, this.loggers) = (api, options, time, random, loggers);
        logger = loggers.CreateLogger("RucioOperator.Runtime");
        access = options.Namespaces.Count > 0 ? new() : null;
        election = options.LeaderElection is { } settings ? new LeaderElection(api, settings, time, random, logger) : null;
        gauges.CreateObservableGauge("rucio_operator_max_concurrent_reconciles", () => controllers.Select(controller => new Measurement<int>(controller.Workers, new KeyValuePair<string, object?>("controller", controller.Name))), description: "Workers there are.");
        gauges.CreateObservableGauge("rucio_operator_longest_running", () => controllers.Select(controller => new Measurement<double>(controller.LongestPass.TotalSeconds, new KeyValuePair<string, object?>("controller", controller.Name))), "s", "How long the pass that began first has been going on.");
        gauges.CreateObservableGauge("rucio_operator_leader", () => IsLeader ? 1 : 0, description: "1 while this process leads.");
        gauges.CreateObservableGauge("rucio_operator_cache_objects", () => informers.Select(informer => new Measurement<int>(informer.Count, new KeyValuePair<string, object?>("kind", informer.Name))), description: "Objects in the caches.");
        gauges.CreateObservableGauge("rucio_operator_queue_depth", Depths, description: "Keys in the queues: ready, delayed or processing.");
    }

    /// <summary>All caches hold their first list.</summary>
    public bool HasSynced => informers.TrueForAll(informer => informer.HasSynced);

    /// <summary>Kinds whose first list is not complete yet.</summary>
    public IReadOnlyList<string> Unsynced => [.. informers.Where(informer => !informer.HasSynced).Select(informer => informer.Name)];

    /// <summary>
    /// What has not moved for so long that only a new process will help; an API server, a Rucio or a database that is away is
    /// not among it, since waiting and trying again are moves, too.
    /// </summary>
    public IReadOnlyList<string> Standstills() =>
    [
        .. informers.Where(informer => informer.Silence > Patience).Select(informer => $"the watch of {informer.Name} gave no sign of life, nor did it try again, for {informer.Silence.TotalMinutes:0} minutes"),
        .. controllers.Select(controller => controller.Standstill(Patience)).OfType<string>(),
        .. election is { SinceRenewal: var since, LeaseDuration: var lease } && since > lease + Grace ? (string[])[$"the lease is held, and was not renewed for {since.TotalSeconds:0} s"] : [],
    ];

    /// <summary>Far above every limit on single calls, watches and back-offs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>cert-manager's: an election that ends by itself needs no help.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>Workers run here, by election or because there is none.</summary>
    public bool IsLeader => working && election is not { IsLeader: false };

    /// <summary>An informer over the watched namespaces; <paramref name="configure"/> changes its options.</summary>
    public Informer<T> Informer<T>(string? labelSelector = null, Func<T, T>? transform = null, Func<InformerOptions<T>, InformerOptions<T>>? configure = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var settings = new InformerOptions<T> { Namespaces = options.Namespaces, Access = access, LabelSelector = labelSelector, Transform = transform };
        var informer = new Informer<T>(api, configure?.Invoke(settings) ?? settings, time, Derived(), logger);
        informers.Add(informer);
        return informer;
    }

    /// <summary>An informer over the watched namespaces that somebody else runs, while the server serves that kind.</summary>
    public Informer<UntypedObject> OptionalInformer(ResourceKind kind, string labelSelector) =>
        new(api, new InformerOptions<UntypedObject> { Namespaces = options.Namespaces, Access = access, LabelSelector = labelSelector, Kind = kind, IsOptional = true }, time, Derived(), logger);

    /// <summary>Runs something that fills caches besides the informers made here; workers wait for it, too.</summary>
    public void Follow(IInformer informer) => informers.Add(informer);

    /// <summary>Follows a kind without its content: names, labels, resourceVersion; no annotations.</summary>
    public Informer<PartialObject> MetadataInformer<T>(string? labelSelector = null) where T : class, IKubernetesObject<V1ObjectMeta> =>
        Informer<PartialObject>(labelSelector, configure: settings => settings with { Kind = ResourceKind.Of<T>() });

    /// <summary>
    /// Namespaces without their content. All, by a watch; where only some are watched, those and <paramref name="home"/> by name, as a Role in
    /// each allows: what changes is seen within a minute. The other informers wait for its first look, so it must be there.
    /// </summary>
    public Informer<PartialObject> NamespaceInformer(string home) =>
        Informer<PartialObject>(configure: settings => settings with { Kind = ResourceKind.Of<V1Namespace>(), Names = access is null ? [] : [.. options.Namespaces.Append(home).Distinct()], LookInterval = options.ResyncPeriod < settings.LookInterval ? options.ResyncPeriod : settings.LookInterval });

    /// <summary>Whether what is in this namespace is seen.</summary>
    public bool Sees(string @namespace) => access is null || (options.Namespaces.Contains(@namespace) && access.IsOpen(@namespace));

    public Controller Controller(string name, IReconciler reconciler, int workers = 1, Shares? shares = null)
    {
        var controller = new Controller(name, reconciler, workers, options.ResyncPeriod, shares, time, Derived(), loggers.CreateLogger($"RucioOperator.Controllers.{name}"));
        controllers.Add(controller);
        return controller;
    }

    /// <summary>Until cancelled. Throws when the lease is lost or the caches can't be filled: end the process then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var followers = informers.Select(informer => Task.Run(() => informer.RunAsync(stop.Token), CancellationToken.None)).ToArray();
        try
        {
            var synced = Task.WhenAll(informers.Select(informer => informer.Synced));
            await Task.WhenAny([synced.WaitAsync(options.SyncTimeout, time, stop.Token), .. followers]).Unwrap();
            if (!synced.IsCompletedSuccessfully)
                return;
            RuntimeLog.Synced(logger, informers.Sum(informer => informer.Count), informers.Count);
            // A follower never ends by itself, unless a subscriber threw: then the caches can't be trusted any more.
            var work = election is null ? WorkAsync(stop.Token) : election.RunAsync(WorkAsync, stop.Token);
            await Task.WhenAny([work, .. followers]).Unwrap();
            await stop.CancelAsync();
            await work;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (TimeoutException)
        {
            var missing = string.Join(", ", informers.Where(informer => !informer.HasSynced).Select(informer => informer.Name).Distinct());
            throw new TimeoutException($"no complete list of {missing} within {options.SyncTimeout.TotalSeconds:0} s");
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(followers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        gauges.Dispose();
        controllers.ForEach(controller => controller.Dispose());
    }

    /// <summary>Before another may lead: whatever works beside the controllers is to end, too.</summary>
    public event Action? WorkEnded;

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        working = true;
        try
        {
            await Task.WhenAll(controllers.Select(controller => controller.RunAsync(cancellationToken)));
            // Also without controllers: leading ends with its term only.
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            working = false;
            WorkEnded?.Invoke();
        }
    }

    // One generator per user: they are locked per user.
    private Random Derived() => new(random.Next());

    private IEnumerable<Measurement<int>> Depths() => controllers.SelectMany(controller => new[]
    {
        Depth(controller.Queue.ReadyCount, controller.Name, "ready"),
        Depth(controller.Queue.DelayedCount, controller.Name, "delayed"),
        Depth(controller.Queue.ProcessingCount, controller.Name, "processing"),
    });

    private static Measurement<int> Depth(int count, string controller, string state) =>
        new(count, new KeyValuePair<string, object?>("controller", controller), new KeyValuePair<string, object?>("state", state));
}
