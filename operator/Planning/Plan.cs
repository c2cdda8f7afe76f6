namespace RucioOperator.Planning;

/// <summary>One thing to do, as a value. <see cref="object.ToString"/> never shows a secret.</summary>
public abstract record Change
{
    /// <summary>What would be done, in words and names, for logs, events and a dry run.</summary>
    public abstract string Describe();

    /// <summary>What it touches, each as one word of few: a counter's label.</summary>
    public virtual IReadOnlyList<string> Parts => ["other"];

    public sealed override string ToString() => Describe();
}

/// <summary>Why something can't be as wanted although no call failed.</summary>
/// <param name="Subject">Condition type the problem belongs to.</param>
public sealed record Problem(string Subject, string Reason, string Message);

/// <summary>Changes in the order they are made. Equal desired and observed states give an empty plan.</summary>
public sealed record Plan<TChange>(IReadOnlyList<TChange> Changes, IReadOnlyList<Problem> Problems) where TChange : Change
{
    public static Plan<TChange> Empty { get; } = new([], []);

    public bool IsEmpty => Changes.Count == 0;
}
