namespace RucioOperator.Observed;

/// <summary>Why nothing came back, in words without the address.</summary>
internal static class HttpFailures
{
    public static string Words(HttpRequestException error) => error.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "the host name is not known",
        HttpRequestError.ConnectionError => "nothing answers there",
        HttpRequestError.SecureConnectionError => "TLS failed: the certificate is not of this host, has expired, or is signed by a CA the operator does not know (spec.trust.caBundles)",
        HttpRequestError.ConfigurationLimitExceeded => "the answer is too long",
        _ => "the connection failed",
    };
}
