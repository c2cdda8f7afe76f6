namespace RucioOperator.Planning;

/// <summary>The list of RSEs that the daemons which read it once were started with.</summary>
/// <param name="Hash">Over the ids.</param>
public sealed record RseSet(string Hash, DateTimeOffset At);

/// <param name="LookAgain">Null: nothing is waited for.</param>
public sealed record RseRollDecision(RseSet Set, TimeSpan? LookAgain = null);

/// <summary>How often those daemons may be started again: storages come in numbers, and a start costs a cycle of work.</summary>
/// <param name="Quiet">Without a change of the list before they are.</param>
/// <param name="Interval">Between two starts.</param>
public sealed record RseRollPace(TimeSpan Quiet, TimeSpan Interval)
{
    /// <summary>First rule that fits wins.</summary>
    /// <param name="applied">What the Deployments carry; null: there are none yet, or of an operator that didn't know this.</param>
    /// <param name="since">When the list became <paramref name="wanted"/>.</param>
    public RseRollDecision Decide(RseSet? applied, string wanted, DateTimeOffset since, DateTimeOffset now)
    {
        if (applied is null)
        {
            return new(new(wanted, now));
        }
        if (applied.Hash == wanted)
        {
            return new(applied);
        }
        if (now - since < Quiet)
        {
            return new(applied, Quiet - (now - since));
        }
        if (now - applied.At < Interval)
        {
            return new(applied, Interval - (now - applied.At));
        }
        return new(new(wanted, now));
    }
}
