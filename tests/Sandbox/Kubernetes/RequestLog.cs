namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>Every request in order of arrival; safe from any thread.</summary>
public sealed class RequestLog
{
    private readonly Lock _gate = new();
    private readonly List<ApiRequest> _requests = [];

    /// <summary>A place in the log to count from.</summary>
    public int Mark()
    {
        lock (_gate)
        {
            return _requests.Count;
        }
    }

    public IReadOnlyList<ApiRequest> Since(int mark = 0, Func<ApiRequest, bool>? filter = null)
    {
        lock (_gate)
        {
            return [.. _requests.Skip(mark).Where(filter ?? (_ => true))];
        }
    }

    public int Count(int mark = 0, Func<ApiRequest, bool>? filter = null)
    {
        lock (_gate)
        {
            return _requests.Skip(mark).Count(filter ?? (_ => true));
        }
    }

    internal void Add(ApiRequest request)
    {
        lock (_gate)
        {
            _requests.Add(request);
        }
    }
}
