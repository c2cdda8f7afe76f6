using RucioOperator.Runtime;

namespace RucioOperator.Observed.Scim;

/// <summary>Where and as whom an issuer is asked for its people.</summary>
/// <param name="Issuer">Its URL; the token endpoint is found by discovery from there.</param>
/// <param name="Url">In front of <c>/Users</c> and <c>/Groups</c>.</param>
/// <param name="Trust">PEM texts of authorities besides the system's.</param>
public sealed record ScimSource(string Name, string Issuer, string Url, string ClientId, string ClientSecret, string Trust)
{
    public override string ToString() => $"{Name} ({Url})";
}

/// <summary>The issuer could not be read. Its words hold addresses and status codes, nothing of a credential or of a person.</summary>
public sealed class ScimFailure(string reason, string message, TimeSpan? retryAfter = null) : Exception(message), IReportableError
{
    public const string ScimUnreachable = nameof(ScimUnreachable);
    public const string ScimRefused = nameof(ScimRefused);
    public const string ScimFailed = nameof(ScimFailed);
    public const string ScimUnstable = nameof(ScimUnstable);

    public string Reason => reason;
    public string Report => Message;
    public TimeSpan? RetryAfter => retryAfter;
}
