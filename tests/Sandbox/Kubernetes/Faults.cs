namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>What goes wrong, and for which requests. Empty matchers match all; several effects may be combined.</summary>
public sealed record Fault
{
    public string? Verb { get; init; }
    public string? Resource { get; init; }
    public string? Namespace { get; init; }
    public string? Name { get; init; }
    public string? Subresource { get; init; }
    public Func<ApiRequest, bool>? When { get; init; }

    /// <summary>Requests let through first.</summary>
    public int Skip { get; init; }

    /// <summary>Requests hit after that.</summary>
    public int Times { get; init; } = int.MaxValue;

    public TimeSpan Delay { get; init; }

    /// <summary>Answer this instead of doing anything: 409, 410, 429, 5xx.</summary>
    public int? Status { get; init; }

    /// <summary>Whole seconds, sent as Retry-After.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>Closes the connection without doing anything.</summary>
    public bool CloseBefore { get; init; }

    /// <summary>Does what was asked and closes the connection without saying so.</summary>
    public bool CloseAfter { get; init; }

    /// <summary>Watches, open ones too: closes the connection after that many more bytes, mid-line if so.</summary>
    public int? CutAfterBytes { get; init; }

    /// <summary>Watches, open ones too: stays connected and says nothing more.</summary>
    public bool Silent { get; init; }

    internal bool OnStream => CutAfterBytes is not null || Silent;

    internal bool Matches(ApiRequest request) =>
        (Verb ?? request.Verb) == request.Verb && (Resource ?? request.Resource) == request.Resource
        && (Namespace ?? request.Namespace) == request.Namespace && (Name ?? request.Name) == request.Name
        && (Subresource ?? request.Subresource) == request.Subresource && When?.Invoke(request) != false;
}

/// <summary>The faults in force; the first that matches a request wins.</summary>
public sealed class FaultRules
{
    private readonly Lock _gate = new();
    private List<ActiveFault> _active = [];

    /// <summary>In force until disposed.</summary>
    public ActiveFault Add(Fault fault)
    {
        var active = new ActiveFault(this, fault);
        lock (_gate)
        {
            _active = [.. _active, active];
        }

        return active;
    }

    public void Clear() => _active = [];

    internal void Remove(ActiveFault fault)
    {
        lock (_gate)
        {
            _active = [.. _active.Where(one => one != fault)];
        }
    }

    internal Fault? Take(ApiRequest request, bool onStream)
    {
        var active = _active;
        foreach (var one in active)
        {
            if (one.Fault.OnStream == onStream && one.Take(request))
            {
                return one.Fault;
            }
        }

        return null;
    }
}

public sealed class ActiveFault(FaultRules rules, Fault fault) : IDisposable
{
    private int _seen;
    private int _hits;

    public Fault Fault { get; } = fault;

    public int Hits => Volatile.Read(ref _hits);

    public void Dispose() => rules.Remove(this);

    internal bool Take(ApiRequest request)
    {
        if (!Fault.Matches(request))
        {
            return false;
        }

        var turn = Interlocked.Increment(ref _seen) - 1L - Fault.Skip;
        if (turn < 0 || turn >= Fault.Times)
        {
            return false;
        }

        Interlocked.Increment(ref _hits);
        return true;
    }
}
