using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Status;

/// <summary>
/// Builds the next condition list from the previous one: one entry per type, whole seconds, transition time kept
/// while the status is.
/// </summary>
public sealed class Conditions
{
    /// <summary>The real world is as the spec says.</summary>
    public const string Ready = nameof(Ready);

    /// <summary>There while work goes on, waits or is tried again; reason and message are those of Ready.</summary>
    public const string Reconciling = nameof(Reconciling);

    /// <summary>There while nothing can go on until somebody changes something; reason and message are those of Ready.</summary>
    public const string Stalled = nameof(Stalled);

    /// <summary>There while <c>spec.suspend</c> is true, here or of what this belongs to.</summary>
    public const string Suspended = nameof(Suspended);

    // The API's limit on the text of a condition.
    private const int MessageLimit = 32768;

    private static readonly string[] First = [Ready, Reconciling, Stalled, Suspended];

    private readonly Dictionary<string, V1Condition> current = [];
    private readonly long generation;
    private readonly DateTime now;

    public Conditions(IReadOnlyList<V1Condition>? previous, long generation, DateTimeOffset now)
    {
        this.generation = generation;
        this.now = MetaTime.Of(now);
        foreach (var condition in previous ?? [])
            current[condition.Type] = condition;
    }

    /// <param name="status">Null: Unknown.</param>
    public Conditions Set(string type, bool? status, string reason, string message)
    {
        var text = status switch { true => "True", false => "False", null => "Unknown" };
        var since = current.TryGetValue(type, out var before) && before.Status == text ? before.LastTransitionTime : now;
        current[type] = new V1Condition
        {
            Type = type,
            Status = text,
            Reason = reason,
            ObservedGeneration = generation,
            LastTransitionTime = since,
            Message = message.Length <= MessageLimit ? message : message[..(MessageLimit - 1)] + "…",
        };
        return this;
    }

    public Conditions Remove(string type)
    {
        current.Remove(type);
        return this;
    }

    /// <summary>Ready, Reconciling and Stalled as the outcome says, in the way kstatus reads them.</summary>
    public Conditions Report(Outcome outcome, string readyReason = "Ready", string readyMessage = "As desired") => outcome switch
    {
        Outcome.Done => Set(Ready, true, readyReason, readyMessage).Remove(Reconciling).Remove(Stalled),
        Outcome.Requeue requeue => Progressing(requeue.Reason, requeue.Message),
        Outcome.Blocked blocked => Progressing(blocked.Reason, blocked.Message),
        Outcome.Failed { Error: IReportableError error } => Progressing(error.Reason, error.Report),
        // Texts of unknown exceptions may hold anything; the log has them.
        Outcome.Failed failed => Progressing("Failed", $"{failed.Error.GetType().Name}; the operator's log has the details"),
        Outcome.Rejected rejected => Set(Ready, false, rejected.Reason, rejected.Message).Remove(Reconciling).Set(Stalled, true, rejected.Reason, rejected.Message),
        _ => this,
    };

    /// <summary>Ready, Reconciling, Stalled, Suspended first, then by name.</summary>
    public IReadOnlyList<V1Condition> Build() =>
        [.. current.Values.OrderBy(condition => Place(condition.Type)).ThenBy(condition => condition.Type, StringComparer.Ordinal)];

    private Conditions Progressing(string reason, string message) =>
        Set(Ready, false, reason, message).Set(Reconciling, true, reason, message).Remove(Stalled);

    private static int Place(string type) => Array.IndexOf(First, type) is var place and >= 0 ? place : First.Length;
}
