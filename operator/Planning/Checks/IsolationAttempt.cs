namespace RucioOperator.Planning.Checks;

/// <summary>Which of an instance's two APIs is asked.</summary>
public enum AttemptAt
{
    /// <summary>Where clients come.</summary>
    Public,

    /// <summary>The operator's own; what holds there is the policy alone.</summary>
    Admin,
}

/// <summary>One thing that no credential of a VO may be able to do, not even its root's.</summary>
/// <param name="Name">For status, events and logs: it never names another VO or anything of it.</param>
public abstract record IsolationAttempt(string Name);

/// <summary>The VO's user name and password, for somebody else's account.</summary>
public sealed record LoginAttempt(string Name, string Account, string Vo) : IsolationAttempt(Name);

/// <summary>A call that must be refused, or find nothing.</summary>
public sealed record CallAttempt(string Name, AttemptAt At, string Method, string Path) : IsolationAttempt(Name)
{
    public string? Body { get; init; }

    /// <summary>Header <c>X-Rucio-VO</c> beside the VO's own token.</summary>
    public string? AsVo { get; init; }

    /// <summary>What super_root removes if it was taken after all.</summary>
    public string? Undo { get; init; }
}

/// <summary>A list that may be had, but with nothing of anybody else in it.</summary>
/// <param name="Key">Property of each line; null: lines are names, in one JSON list.</param>
/// <param name="Foreign">Names that others have and this VO has not.</param>
public sealed record ListAttempt(string Name, AttemptAt At, string Path, string? Key, IReadOnlySet<string> Foreign) : IsolationAttempt(Name);

/// <summary>What came of all attempts.</summary>
/// <param name="Succeeded">Names of those that should have been refused.</param>
public sealed record IsolationResult(int Attempts, IReadOnlyList<string> Succeeded)
{
    public bool Passed => Succeeded.Count == 0;
}
