using RucioOperator.Runtime;

namespace RucioOperator.Apply;

public enum ChildVerb { Applied, Pruned, Replaced }

/// <summary><see cref="ChildVerb.Replaced"/>: deleted now because it can't be changed (Job), made again on its deletion event.</summary>
public sealed record ChildChange(ChildVerb Verb, string Kind, ObjectKey Key);

/// <summary>An object of that name exists and is not ours: never touched.</summary>
public sealed record RefusedChild(string Kind, ObjectKey Key);

public sealed record ApplyResult(IReadOnlyList<ChildChange> Changes, IReadOnlyList<RefusedChild> Refused, bool Pending)
{
    /// <summary>Everything is on the server as desired.</summary>
    public bool InSync => Changes.Count == 0 && Refused.Count == 0 && !Pending;
}
