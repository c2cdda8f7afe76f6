using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Planning;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

/// <summary>Collects what a pass found, condition by condition, and turns it into the next condition list.</summary>
public sealed class Report(IRucioResource resource, TimeProvider time)
{
    private readonly Dictionary<string, (bool? Status, string Reason, string Message)> _facts = new(StringComparer.Ordinal);

    private Outcome? _unmet;

    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);

    public Outcome Outcome { get; private set; } = new Outcome.Done();

    public void True(string condition, string reason, string message) => _facts[condition] = (true, reason, message);

    public void False(string condition, string reason, string message) => _facts[condition] = (false, reason, message);

    /// <summary>The pass ends here; conditions it did not come to are unknown.</summary>
    public void Stop(string condition, Outcome outcome)
    {
        var (reason, message) = Words(outcome);
        False(condition, reason, message);
        Outcome = outcome;
    }

    public void Unknown(string condition, string reason, string message) => _facts[condition] = (null, reason, message);

    /// <summary>Not even unknown: they have no meaning for this resource, or none any more.</summary>
    public void Remove(params IEnumerable<string> conditions) => _removed.UnionWith(conditions);

    public bool IsTrue(string condition) => _facts.TryGetValue(condition, out var fact) && fact.Status == true;

    /// <summary>The pass goes on without it, and is not done at its end.</summary>
    public void Unmet(string condition, Outcome outcome)
    {
        var (reason, message) = Words(outcome);
        False(condition, reason, message);
        _unmet ??= outcome;
    }

    public void End(Outcome outcome) => Outcome = outcome is Outcome.Done && _unmet is { } unmet ? unmet : outcome;

    /// <param name="types">Condition types of the kind, in the order they are reached.</param>
    public IReadOnlyList<V1Condition> Conditions(IEnumerable<string> types, string readyMessage, string readyReason = "Ready")
    {
        var conditions = new Conditions(resource.CommonStatus?.Conditions, resource.Metadata.Generation ?? 0, time.GetUtcNow());
        foreach (var type in types)
        {
            if (_facts.TryGetValue(type, out var fact))
            {
                conditions.Set(type, fact.Status, fact.Reason, fact.Message);
            }
            else
            {
                conditions.Set(type, null, "Waiting", "Not looked at: an earlier condition is not met");
            }
        }
        foreach (var (type, fact) in _facts.Where(f => !types.Contains(f.Key)).OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            conditions.Set(type, fact.Status, fact.Reason, fact.Message);
        }
        if (!_facts.ContainsKey(StorageConditions.Drifted))
        {
            // Over: healed, or put back by whoever changed it.
            conditions.Remove(StorageConditions.Drifted);
        }
        foreach (var type in _removed)
        {
            conditions.Remove(type);
        }
        return conditions.Remove(Status.Conditions.Suspended).Report(Outcome, readyReason, readyMessage).Build();
    }

    public static (string Reason, string Message) Words(Outcome outcome) => outcome switch
    {
        Outcome.Requeue o => (o.Reason, o.Message),
        Outcome.Blocked o => (o.Reason, o.Message),
        Outcome.Rejected o => (o.Reason, o.Message),
        Outcome.Failed o => ((o.Error as IReportableError)?.Reason ?? "Failed", (o.Error as IReportableError)?.Report ?? $"Internal error ({o.Error.GetType().Name}): see the operator's log"),
        _ => ("Ready", "As desired"),
    };
}
