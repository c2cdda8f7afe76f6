using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>What one pass over a VirtualOrganisation knows, and what it has found so far.</summary>
internal sealed class VoWork(VoParts parts, VirtualOrganisation vo)
{
    public VoParts Parts { get; } = parts;
    public VirtualOrganisation Vo { get; } = vo;

    /// <summary>What a claim on the tag says.</summary>
    public string Claimant { get; } = ObjectKey.Of(vo).ToString();
    public Report Report { get; } = new(vo, parts.Time);

    /// <summary>From the guard on.</summary>
    public RucioInstance Instance { get => field ?? throw new InvalidOperationException("no instance yet"); set; }

    /// <summary>From the guard on.</summary>
    public RucioConnection Connection { get => field ?? throw new InvalidOperationException("no connection yet"); set; }

    /// <summary>As the plan saw them last; null: it has not come to them.</summary>
    public DesiredVo? Desired { get; set; }
    public ObservedVo? Observed { get; set; }

    /// <summary>Null: not claimed yet, or in the instance's care.</summary>
    public RootLogin? RootLogin { get; set; }

    /// <summary>The login that this pass has put out of use: that it goes is no drift.</summary>
    public string? RetiredRoot { get; set; }

    /// <summary>The pass came as far as its transfers.</summary>
    public bool TransfersReached { get; set; }

    public PlanStatus? DryRun { get; set; }

    /// <summary>Of a dry run: what comes on top of the plan in Rucio.</summary>
    public void Plan(IReadOnlyList<Change> more)
    {
        if (DryRun is { } plan)
        {
            DryRun = StatusPass.Describe(plan, more);
        }
    }

    /// <summary>The next status: a stage changes the fields it is about, all others stay as they were.</summary>
    public VirtualOrganisationStatus Status { get; set; } = vo.Status ?? new();

    /// <summary>No dry run, no ObserveOnly.</summary>
    public bool MayAct => Mode == PassMode.Act;

    public PassMode Mode { get; } = StatusPass.Mode(vo, vo.Spec.ManagementPolicy, vo.Spec.DriftPolicy, nothingToDo: true);

    /// <summary>Null: when something happens, or with the next drift pass.</summary>
    public TimeSpan? LookAgain { get; private set; }

    /// <summary>If all is well by then; the soonest of those asked for.</summary>
    public void LookAgainIn(TimeSpan wait) => LookAgain = LookAgain is { } sooner && sooner < wait ? sooner : wait;
}
