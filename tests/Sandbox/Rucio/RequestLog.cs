namespace RucioOperator.Sandbox.Rucio;

/// <summary>One HTTP request at the stand-in.</summary>
public sealed class StandInRequest(int number, string prefix, string method, string path)
{
    internal bool IsCut { get; private set; }

    /// <summary>Counts from 1 over all servers.</summary>
    public int Number => number;

    /// <summary>Which server, as registered.</summary>
    public string Prefix => prefix;

    public string Method => method;

    /// <summary>Path behind the prefix, still encoded, without query.</summary>
    public string Path => path;

    /// <summary>As it was sent.</summary>
    public string Body { get; internal set; } = "";

    /// <summary>Null before the token was looked at, and where none is needed.</summary>
    public string? Account { get; internal set; }

    public string? Vo { get; internal set; }

    /// <summary>0 until there is one.</summary>
    public int Status { get; internal set; }

    /// <summary>Closes the connection: from OnRequest nothing happens at the server, from OnResponse everything has.</summary>
    public void Cut() => IsCut = true;

    public override string ToString() => $"{Number} {Method} {Prefix}{Path} {Account}@{Vo} {Status}";
}

/// <summary>What was asked, in order of arrival; safe to read while requests come in.</summary>
public sealed class RequestLog
{
    private readonly Lock gate = new();
    private readonly List<StandInRequest> requests = [];
    private int last;

    public int Count
    {
        get
        {
            lock (gate)
                return requests.Count;
        }
    }

    public IReadOnlyList<StandInRequest> Requests
    {
        get
        {
            lock (gate)
                return [.. requests];
        }
    }

    public int CountOf(Func<StandInRequest, bool> match) => Requests.Count(match);

    /// <summary>Forgets the requests; numbers go on.</summary>
    public void Clear()
    {
        lock (gate)
            requests.Clear();
    }

    internal StandInRequest Add(string prefix, string method, string path)
    {
        lock (gate)
        {
            var request = new StandInRequest(++last, prefix, method, path);
            requests.Add(request);
            return request;
        }
    }
}
