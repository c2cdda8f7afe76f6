namespace RucioOperator.Runtime;

public enum KubeErrorKind
{
    NotFound,
    /// <summary>Somebody else was faster (409), or a precondition did not hold.</summary>
    Conflict,
    AlreadyExists,
    Forbidden,
    /// <summary>The server will never take it as it is (400, 405, 415, 422).</summary>
    Invalid,
    Throttled,
    /// <summary>Server errors, cut connections, time-outs.</summary>
    Unavailable,
    /// <summary>The resourceVersion is too old: list again.</summary>
    Gone,
    /// <summary>The answer could not be read.</summary>
    Undecodable,
}

/// <summary>Every failure of the Kubernetes API, mapped once. The text names verb, kind and object, never a body.</summary>
public sealed class KubeApiException(KubeErrorKind kind, string operation, string detail, int status = 0, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception($"{operation}: {kind}{(detail.Length == 0 ? "" : $" ({detail})")}", inner), IReportableError
{
    public KubeErrorKind Kind => kind;

    /// <summary>HTTP status; 0 when there was no answer.</summary>
    public int Status => status;

    /// <summary>The server's wish (Retry-After), if it had one.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>What the server says of single fields. It may quote their values: for whoever sent them, and nobody else.</summary>
    public IReadOnlyList<(string Field, string Message)> Causes { get; init; } = [];

    public bool IsTransient => Kind is KubeErrorKind.Conflict or KubeErrorKind.Throttled or KubeErrorKind.Unavailable or KubeErrorKind.Gone or KubeErrorKind.Undecodable;

    public string Reason => $"KubernetesApi{Kind}";
    public string Report => Message;
}
