namespace RucioOperator.Grid;

/// <summary>What the probes of an auth server found; reason and message are a condition's.</summary>
public sealed record X509Verdict(bool Verified, string Reason, string Message)
{
    public const string ForgedAccepted = nameof(ForgedAccepted);
    public const string NoCertificateAccepted = nameof(NoCertificateAccepted);

    /// <summary>Somebody got through to Rucio whom no authority vouches for.</summary>
    public bool IsOpen => Reason is ForgedAccepted or NoCertificateAccepted;
}

/// <summary>
/// Whether a server logs in by certificate only those whom an authority vouches for: asked with certificates of a name that
/// no account has. What gets through to Rucio is answered by Rucio (it does not know the name), what does not by httpd.
/// </summary>
public sealed class X509Probes(CertificateLogin server, TimeProvider time)
{
    public const string Path = "/auth/x509_proxy";

    /// <summary>First rule that fails wins; forged ones come first, since they are the danger.</summary>
    public async Task<X509Verdict> RunAsync(ProbeIdentity identity, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var genuine = identity.Credential();
        var forged = ProbeIdentity.Forge(genuine, now);
        (string Name, ClientCredential? Presented, bool Accepted, string Reason)[] rules =
        [
            ("a self-signed certificate with somebody's name", forged, false, X509Verdict.ForgedAccepted),
            ("a proxy of a self-signed certificate", ProxyCertificate.Of(forged, now, TimeSpan.FromHours(1)), false, X509Verdict.ForgedAccepted),
            ("a certificate signed by an ordinary one", ProxyCertificate.Pretend(genuine, now), false, X509Verdict.ForgedAccepted),
            ("no certificate", null, false, X509Verdict.NoCertificateAccepted),
            ("a certificate of a trusted authority", genuine, true, "SignedRefused"),
            ("an RFC 3820 proxy of it", ProxyCertificate.Of(genuine, now, TimeSpan.FromHours(1)), true, "ProxyRefused"),
        ];
        foreach (var (name, presented, accepted, reason) in rules)
        {
            var answer = await server.GetAsync(Path, presented, ct);
            if (Accepted(answer) != accepted)
            {
                return new X509Verdict(false, reason, $"{name} was {(accepted ? "refused" : "let through to Rucio")} ({answer}) at {Path}");
            }
        }
        return new X509Verdict(true, "Verified", "Forged certificates are refused; signed ones and RFC 3820 proxies are accepted");
    }

    /// <summary>Rucio answered, be it that it knows nobody of that name: httpd let it through. What is not a refusal counts as let through.</summary>
    /// <exception cref="IOException">The server is in no state to tell.</exception>
    private static bool Accepted(CertificateAnswer answer) => answer switch
    {
        { RucioError: not null } => true,
        { Status: null or 403 } => false,
        { Status: >= 500 } => throw new IOException($"the auth server answers {answer.Status} at {Path}"),
        _ => true,
    };
}
