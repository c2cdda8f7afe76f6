using System.Diagnostics;

namespace RucioOperator.Runtime;

/// <summary>
/// One piece of work: a pass of a controller, or something done beside them. Its trace id is in each log line and event of
/// it, and in its spans where these are exported; where they are not, it is made up when somebody asks for it.
/// </summary>
public sealed class Work : IDisposable
{
    private static readonly AsyncLocal<Work?> current = new();

    private readonly Activity? span;
    private string? id;
    private volatile bool ended;

    private Work(string name, string subject, string key, Activity? span) => (Name, Subject, Key, this.span) = (name, subject, key, span);

    /// <summary>What the flow of control we are in belongs to; null: nothing, or something that is over by now.</summary>
    public static Work? Current => current.Value is { ended: false } work ? work : null;

    public string Name { get; }

    /// <summary>Who works: the name of a controller, for instance.</summary>
    public string Subject { get; }

    /// <summary>On what.</summary>
    public string Key { get; }

    /// <summary>32 hexadecimal digits.</summary>
    public string TraceId => span?.TraceId.ToHexString() ?? id ?? Interlocked.CompareExchange(ref id, ActivityTraceId.CreateRandom().ToHexString(), null) ?? id;

    internal bool IsTraced => span is not null;

    /// <param name="name">Of the span; one of few.</param>
    public static Work Begin(string name, string subject, string key)
    {
        // Whoever began this, in a timer for instance, may be over: a trace of its own.
        Activity.Current = null;
        var span = RuntimeTracing.Source.StartActivity(name);
        span?.SetTag("controller", subject).SetTag("object", key);
        return current.Value = new Work(name, subject, key, span);
    }

    /// <param name="result">As in the metric.</param>
    public void Came(string result, string? error = null)
    {
        span?.SetTag("result", result);
        if (error is not null)
        {
            span.Fail(error);
        }
    }

    public void Dispose()
    {
        ended = true;
        span?.Dispose();
        current.Value = null;
    }
}
