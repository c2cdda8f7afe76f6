namespace RucioOperator.Sandbox.Rucio;

/// <summary>Something that goes wrong with the next <see cref="Times"/> requests that match.</summary>
public sealed class Fault(Func<StandInRequest, bool> match)
{
    private int left = 1;

    public int Times
    {
        get => left;
        init => left = value;
    }

    /// <summary>Answer instead of handling.</summary>
    public (int Status, string Class, string Message)? Error { get; init; }

    /// <summary>Wait first; longer than the client's patience it is a timeout with effect.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Never answer, until the client goes away.</summary>
    public bool Hang { get; init; }

    /// <summary>Close the connection without handling.</summary>
    public bool CutBefore { get; init; }

    /// <summary>Handle, commit, and close the connection without a word.</summary>
    public bool CutAfter { get; init; }

    internal bool Takes(StandInRequest request) => match(request) && Interlocked.Decrement(ref left) >= 0;
}
