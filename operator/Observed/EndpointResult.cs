namespace RucioOperator.Observed;

/// <summary>What a look at one endpoint showed: coarse, so that nobody learns of a network what a client would not.</summary>
/// <param name="Expires">Of the server's certificate, where it showed one.</param>
public sealed record EndpointResult(string Url, string Result, DateTimeOffset? Expires = null)
{
    public const string Answers = nameof(Answers);
    public const string NotChecked = nameof(NotChecked);
    public const string NameUnknown = nameof(NameUnknown);
    public const string NoAnswer = nameof(NoAnswer);
    public const string TlsFailed = nameof(TlsFailed);
    public const string CertificateExpired = nameof(CertificateExpired);
    public const string CertificateForOtherHost = nameof(CertificateForOtherHost);
    public const string CertificateUntrusted = nameof(CertificateUntrusted);
    public const string OtherProtocol = nameof(OtherProtocol);
    public const string ServerError = nameof(ServerError);

    public bool IsGood => Result == Answers;

    /// <summary>Neither good nor bad: a path, or a place that the operator does not connect to for a tenant.</summary>
    public bool IsOpen => Result == NotChecked;

    public bool IsBad => !IsGood && !IsOpen;

    public string Words => Result switch
    {
        Answers => "answers",
        NotChecked => "is not looked at",
        NameUnknown => "the host name leads nowhere",
        NoAnswer => "nothing answers there",
        TlsFailed => "no TLS could be agreed on",
        CertificateExpired => "the certificate has expired",
        CertificateForOtherHost => "the certificate is for another host",
        CertificateUntrusted => "the certificate is of no authority known here: the platform engineer adds it to spec.trust.caBundles of the RucioInstance",
        OtherProtocol => "what answers does not speak the protocol of the URL's scheme",
        ServerError => "the server answers that it has an error",
        _ => Result,
    };
}
