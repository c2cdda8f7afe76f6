namespace RucioOperator.Runtime;

/// <summary>What a pass came to, and with it when the key is looked at again.</summary>
public abstract record Outcome
{
    private Outcome() { }

    /// <summary>As desired. Without a time: looked at again after the controller's resync period.</summary>
    public sealed record Done(TimeSpan? RequeueAfter = null) : Outcome;

    /// <summary>Under way; look again then.</summary>
    public sealed record Requeue(TimeSpan After, string Reason = "Progressing", string Message = "Work is under way") : Outcome;

    /// <summary>Waits for something else: an event of that thing wakes it, or the retry time, or the resync period.</summary>
    public sealed record Blocked(string Reason, string Message, TimeSpan? Retry = null) : Outcome;

    /// <summary>Transient: retried for ever with capped, jittered back-off.</summary>
    public sealed record Failed(Exception Error) : Outcome;

    /// <summary>Permanent for this generation: waits for an event or the resync period.</summary>
    public sealed record Rejected(string Reason, string Message) : Outcome;

    /// <summary>The object is no more: nothing is remembered, nothing is scheduled.</summary>
    public sealed record Gone : Outcome;
}

/// <summary>An error that may be shown in status and events: its texts hold names and paths, never values or bodies.</summary>
public interface IReportableError
{
    string Reason { get; }
    string Report { get; }
}
