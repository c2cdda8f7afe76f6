using RucioOperator.Runtime;

namespace RucioOperator.RucioApi;

/// <summary>No usable answer came: connection, time-out, 502 to 504 without a Rucio exception. What happened at the server is unknown.</summary>
public sealed class RucioUnavailableException(string operation, string cause, Exception? inner = null)
    : Exception($"{operation}: {cause}", inner), IReportableError
{
    public string Reason => "RucioUnavailable";
    public string Report => Message;
}

/// <summary>
/// Rucio refused. Decide on <see cref="ExceptionClass"/>, never on the status: AccessDenied is often 500 and the same
/// refusal differs between endpoints (web/rest/flaskapi/v1/common.py).
/// </summary>
public sealed class RucioRejectedException(string operation, int status, string exceptionClass, string detail)
    : Exception($"{operation}: {exceptionClass}{(detail.Length > 0 ? $" ({detail})" : "")}"), IReportableError
{
    public string Reason => "RucioRejected";
    public string Report => Message;

    public int Status { get; } = status;

    /// <summary>Rucio's exception class, such as <c>Duplicate</c> or <c>RSENotFound</c>.</summary>
    public string ExceptionClass { get; } = exceptionClass;

    /// <summary>Class for a bare 500: an exception of Python's in Rucio's code; its transaction is rolled back.</summary>
    public const string InternalError = "InternalServerError";

    /// <summary>Overload, a lost database connection: the same call may pass later.</summary>
    public bool IsTransient => IsOverload || ExceptionClass is "DatabaseException" or InternalError;

    public bool IsOverload => Status is 429 or 503 || ExceptionClass is "ResourceTemporaryUnavailable" or "ServerConnectionException";
}
