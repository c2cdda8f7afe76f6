using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Apply;
using RucioOperator.Hosting;
using RucioOperator.Planning;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

/// <summary>What a pass may do with a plan that is not empty.</summary>
internal enum PassMode { Act, DryRun, ObserveOnly, ReportDrift }

/// <summary>What the three kinds share around a plan: may it be carried out, what is said of it, and the last phase.</summary>
internal static class StatusPass
{
    public const string DriftReported = nameof(DriftReported);
    public const string PlanOnlyReason = "PlanOnly";

    private const int MaxPlanEntries = 50;

    /// <summary>First rule that fits wins; suspension was dealt with before.</summary>
    public static PassMode Mode(IRucioResource resource, ManagementPolicy management, DriftPolicy drift, bool nothingToDo)
    {
        if (resource.Metadata.Annotations is { } a && a.TryGetValue(ApiGroup.DryRunAnnotation, out var value) && value == "true")
        {
            return PassMode.DryRun;
        }
        if (management == ManagementPolicy.ObserveOnly)
        {
            return PassMode.ObserveOnly;
        }
        return !nothingToDo && drift == DriftPolicy.Report && IsDrift(resource) ? PassMode.ReportDrift : PassMode.Act;
    }

    /// <summary>The spec was reached before and nobody has edited it since: what differs now was changed behind our back.</summary>
    public static bool IsDrift(IRucioResource resource) => IsReady(resource) && resource.CommonStatus!.ObservedGeneration == resource.Metadata.Generation;

    public static bool IsReady(IRucioResource resource) => resource.CommonStatus?.Conditions?.Any(c => c is { Type: Conditions.Ready, Status: "True" }) == true;

    /// <summary>All errors in one message, each with its field; null: valid.</summary>
    public static Outcome? Invalid(IReadOnlyList<FieldError> errors) => errors is [var first, ..] ? new Outcome.Rejected(first.Reason, string.Join("; ", errors.Take(5))) : null;

    /// <summary>Of a pass that only looks.</summary>
    public static Outcome.Blocked PlanOnly(PassMode mode, Change first, int more = 0, TimeSpan? retry = null) => new(PlanOnlyReason,
        $"not changed, since this is a {(mode == PassMode.DryRun ? "dry run" : "resource with managementPolicy ObserveOnly")}: {first.Describe()}{(more > 0 ? $" and {more} more" : "")}", retry);

    public static PlanStatus Describe(IReadOnlyList<Change> changes) => new() { Changes = changes.Count, Entries = [.. changes.Take(MaxPlanEntries).Select(c => c.Describe())] };

    public static PlanStatus Describe(PlanStatus plan, IReadOnlyList<Change> more) => new()
    {
        Changes = plan.Changes + more.Count,
        Entries = [.. (plan.Entries ?? []).Concat(more.Select(c => c.Describe())).Take(MaxPlanEntries)],
    };

    public static async Task DriftAsync(IRucioResource resource, IReadOnlyList<Change> changes, EventWriter events, OperatorMetrics metrics, CancellationToken ct)
    {
        foreach (var (part, count) in changes.SelectMany(c => c.Parts).CountBy(p => p))
        {
            metrics.DriftDetected(resource.Kind, part, count);
        }
        await events.WarningAsync(resource, "DriftDetected", "Heal", Sentence(changes), ct);
    }

    /// <summary>Of what was applied, what somebody had changed or deleted: healed, or left and told.</summary>
    public static async Task TellDriftAsync(IRucioResource owner, ApplyResult applied, Report report, EventWriter events, OperatorMetrics metrics, CancellationToken ct)
    {
        if (Restored(applied.Changes.Where(c => c.IsDrift || (c.IsNew && IsDrift(owner)))) is { Count: > 0 } healed)
        {
            await DriftAsync(owner, healed, events, metrics, ct);
        }
        if (Restored(applied.Left) is { Count: > 0 } left)
        {
            ReportDrifted(report, PassMode.ReportDrift, left);
        }

        static List<RestoreChild> Restored(IEnumerable<ChildChange> children) => [.. children.Select(c => new RestoreChild(c.Kind, c.Key.Name))];
    }

    /// <summary>With driftPolicy Report the resource stays Ready and this condition tells.</summary>
    public static void ReportDrifted(Report report, PassMode mode, IReadOnlyList<Change> changes)
    {
        if (mode == PassMode.ReportDrift)
        {
            report.True(StorageConditions.Drifted, DriftReported, Sentence(changes));
        }
    }

    private static string Sentence(IReadOnlyList<Change> changes)
    {
        var text = string.Join("; ", changes.Take(5).Select(c => c.Describe()));
        return changes.Count > 5 ? $"{text}; and {changes.Count - 5} more" : text;
    }

    public static string? Token(IRucioResource resource) =>
        resource.Metadata.Annotations is { } annotations && annotations.TryGetValue(ApiGroup.ReconcileAtAnnotation, out var token) ? token : null;

    /// <summary>Somebody wants a look now, and this is the first pass since.</summary>
    public static bool IsAsked(IRucioResource resource) => Token(resource) is { } token && token != resource.CommonStatus?.LastHandledReconcileAt;

    /// <summary>Status if it differs, an event if Ready, Stalled or Suspended turned.</summary>
    public static async Task WriteAsync<T>(T current, T next, StatusWriter<T> status, EventWriter events, CancellationToken ct) where T : class, IRucioResource
    {
        if (await status.WriteAsync(current, next, ct))
        {
            await events.TransitionAsync(current, current.CommonStatus?.Conditions, next.CommonStatus?.Conditions, ct);
        }
    }

    /// <summary>Everything stays as it is, Ready included; only the condition Suspended says so.</summary>
    public static Task SuspendAsync<T>(T current, StatusWriter<T> status, EventWriter events, TimeProvider time, Func<T, IReadOnlyList<V1Condition>, T> with, CancellationToken ct, string reason = "SuspendRequested", string message = "spec.suspend is true: nothing is looked at or changed") where T : class, IRucioResource
    {
        var conditions = new Conditions(current.CommonStatus?.Conditions, current.Metadata.Generation ?? 0, time.GetUtcNow())
            .Set(Conditions.Suspended, true, reason, message).Build();
        return WriteAsync(current, with(current, conditions), status, events, ct);
    }
}
