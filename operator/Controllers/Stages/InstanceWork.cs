using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>What the stages of one pass hand on; a stage may rely on what those before it have set.</summary>
internal sealed class InstanceWork(InstanceParts parts, RucioInstance instance)
{
    public InstanceParts Parts { get; } = parts;
    public RucioInstance Instance { get; } = instance;
    public ObjectKey Key { get; } = ObjectKey.Of(instance);
    public InstanceNames Names { get; } = InstanceNames.Of(instance);
    public Report Report { get; } = new(instance, parts.Time);

    /// <summary>The guard has looked it up.</summary>
    public Release Release => field ??= ReleaseCatalogue.Find(Instance.Spec.Version).Release!;

    /// <summary>From <see cref="DatabaseStage"/> on.</summary>
    public InstanceConnection Connection { get => field ?? throw new InvalidOperationException("no database yet"); set; }

    /// <summary>From <see cref="InputsStage"/> on.</summary>
    public RootLogin SuperRoot { get => field ?? throw new InvalidOperationException("no login yet"); set; }

    /// <summary>The rotation that is complete, if one was asked for.</summary>
    public string? RotatedRoots { get; set; }

    /// <summary>Instead of a database, for a Rucio that somebody else runs.</summary>
    public ExternalConnection? External { get; set; }

    /// <summary>The catalogue as last read in this pass; null: no Rucio tables.</summary>
    public CatalogueSnapshot? Snapshot { get; set; }

    /// <summary>From <see cref="PhaseStage"/> on.</summary>
    public InstancePhase Phase { get; set; } = InstancePhase.Running;

    /// <summary>From <see cref="KindsStage"/> on.</summary>
    public ApiKinds Kinds { get; set; } = ApiKinds.None;

    /// <summary>From <see cref="OidcStage"/> on.</summary>
    public IReadOnlyList<OidcClient> OidcClients { get; set; } = [];

    /// <summary>From <see cref="TrustStage"/> on.</summary>
    public Trusted Trust { get; set; } = Trusted.Nothing;

    /// <summary>From <see cref="PolicyStage"/> on.</summary>
    public IReadOnlyList<PolicyPackage> PolicyPackages { get; set; } = [];
    public IReadOnlyList<PolicyPackage> PolicyCandidates { get; set; } = [];

    /// <summary>As it was, until <see cref="PolicyStage"/> has looked at the pods.</summary>
    public IReadOnlyList<PolicyPackageStatus>? PolicyStatus { get; set; } = instance.Status?.PolicyPackages;

    /// <summary>As it was, until <see cref="TransfersStage"/> has looked.</summary>
    public TransfersStatus? TransfersStatus { get; set; } = instance.Status?.Transfers;

    /// <summary>From <see cref="TrustStage"/> on, where somebody is trusted and there is an auth server.</summary>
    public ProbeIdentity? Probe { get; set; }

    /// <summary>As it was, until <see cref="X509Stage"/> has looked.</summary>
    public string? AuthUrl { get; set; } = instance.Status?.AuthUrl;

    /// <summary>From <see cref="InputsStage"/> on.</summary>
    public InstanceInputs Inputs { get => field ?? throw new InvalidOperationException("no inputs yet"); set; }

    /// <summary>Null: nothing before the next drift pass.</summary>
    public TimeSpan? Soonest { get; private set; }

    /// <summary>Something is waited for that no event tells of; the shortest wins.</summary>
    public void LookAgainIn(TimeSpan? wait) => Soonest = Soonest is { } s && wait is { } w ? (s < w ? s : w) : Soonest ?? wait;

    /// <summary>A dry run, or managementPolicy ObserveOnly: nothing may be written, in Kubernetes, in the database or in Rucio.</summary>
    public bool OnlyLooks => Mode is PassMode.DryRun or PassMode.ObserveOnly;

    /// <summary>One of the operator's own; where nothing may be made, a stand-in of the same form, since a plan tells as much without its value.</summary>
    public async Task<IReadOnlyDictionary<string, string>> SecretAsync(string name, Func<Func<int, string>, IReadOnlyDictionary<string, string>> make, CancellationToken ct)
    {
        var key = new ObjectKey(Names.Namespace, name);
        return !OnlyLooks ? await Parts.Secrets.EnsureAsync(key, GeneratedSecrets.LabelsOf(Names.Instance), make, ct) : await Parts.Secrets.FindAsync(key, ct) ?? make(_ => "");
    }

    public PassMode Mode { get; } = StatusPass.Mode(instance, instance.Spec.ManagementPolicy, DriftPolicy.Heal, nothingToDo: true);

    /// <summary>Of a pass that only looks: what another would do.</summary>
    public IReadOnlyList<Change>? Plan { get; private set; }

    /// <summary>Null: there is nothing to do.</summary>
    public Outcome? PlanOnly(IReadOnlyList<Change> plan)
    {
        Plan = plan;
        return plan is [var first, ..]
            ? StatusPass.PlanOnly(Mode, first, plan.Count - 1, Parts.DriftInterval)
            : null;
    }

    public DateTimeOffset Now => Parts.Time.GetUtcNow();

    public IReadOnlyList<VirtualOrganisation> Vos => Parts.Vos.Store.ByIndex(Indexes.ByInstance, Key.ToString());

    /// <summary>Deployments of Rucio's own processes, as they are.</summary>
    public IEnumerable<V1Deployment> Workloads => Parts.Deployments.Store.ByIndex(Indexes.ByInstance, Key.ToString()).Where(d => d.Metadata.Labels?.ContainsKey(Phased.RoleLabel) == true);

    public V1Job? Job(string name) => Parts.Jobs.Store.Get(new ObjectKey(Names.Namespace, name));

    /// <summary>How many processes of this role there are, ending ones too.</summary>
    public async Task<int> PodsAsync(string role, CancellationToken ct) =>
        (await Parts.Api.ListPageAsync<PartialObject>(new Selection(Names.Namespace, $"{Labels.Instance}={Names.Instance},{Phased.RoleLabel}={role}", "status.phase!=Succeeded,status.phase!=Failed", ResourceKind.Of<V1Pod>()), 500, null, ct)).Items.Count;

    /// <summary>Null: each of these Deployments runs as desired; else the first that does not.</summary>
    public Outcome? Availability(IEnumerable<string> deployments) => deployments
        .Select(name => WorkloadState.Of(name, Parts.Deployments.Store.Get(new ObjectKey(Names.Namespace, name))))
        .FirstOrDefault(state => !state.Ready) is { } state ? new Outcome.Blocked(state.Reason, state.Message) : null;
}
