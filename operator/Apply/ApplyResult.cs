using RucioOperator.Runtime;

namespace RucioOperator.Apply;

public enum ChildVerb { Applied, Pruned, Replaced }

/// <summary><see cref="ChildVerb.Replaced"/>: deleted now because it can't be changed (Job), made again on its deletion event.</summary>
/// <param name="IsDrift">What is desired is as before: somebody changed or deleted the object.</param>
/// <param name="IsNew">There was none when this process first applied the set; drift, too, if its owner was as desired before: somebody may have deleted it while nobody watched.</param>
public sealed record ChildChange(ChildVerb Verb, string Kind, ObjectKey Key, bool IsDrift = false, bool IsNew = false);

/// <summary>An object of that name exists and is not ours: never touched.</summary>
public sealed record RefusedChild(string Kind, ObjectKey Key);

/// <param name="Left">Edited by somebody and left so, where drift is not to be healed.</param>
public sealed record ApplyResult(IReadOnlyList<ChildChange> Changes, IReadOnlyList<RefusedChild> Refused, bool Pending, IReadOnlyList<ChildChange> Left)
{
    /// <summary>Everything is on the server as desired.</summary>
    public bool InSync => Changes.Count == 0 && Refused.Count == 0 && Left.Count == 0 && !Pending;
}
