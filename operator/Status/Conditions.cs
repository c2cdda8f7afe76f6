#pragma warning disable CS9113
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Status;

/// <summary>
/// Builds the next condition list from the previous one: one entry per type, whole seconds, transition time kept
/// while the status is.
/// </summary>
public sealed class Conditions(IReadOnlyList<V1Condition>? previous, long generation, DateTimeOffset now)
{
    public const string Ready = nameof(Ready);
    public const string Reconciling = nameof(Reconciling);
    public const string Stalled = nameof(Stalled);
    public const string Suspended = nameof(Suspended);

    public Conditions Set(string type, bool? status, string reason, string message) => throw new NotImplementedException();

    public Conditions Remove(string type) => throw new NotImplementedException();

    /// <summary>Ready, Reconciling and Stalled as the outcome says.</summary>
    public Conditions Report(Outcome outcome, string readyReason = "Ready", string readyMessage = "As desired") => throw new NotImplementedException();

    /// <summary>Ready, Reconciling, Stalled, Suspended first, then by name.</summary>
    public IReadOnlyList<V1Condition> Build() => throw new NotImplementedException();
}
