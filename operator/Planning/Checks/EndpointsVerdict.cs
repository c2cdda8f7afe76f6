using RucioOperator.Observed;

namespace RucioOperator.Planning.Checks;

/// <summary>The condition that the results of all endpoints of a storage come to.</summary>
/// <param name="Status">Null: unknown.</param>
public sealed record EndpointsVerdict(bool? Status, string Reason, string Message)
{
    public const string CertificateExpiring = nameof(CertificateExpiring);

    /// <summary>Certificates of grid authorities are renewed by hand: two weeks to find somebody.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    /// <summary>Somebody should do something about it.</summary>
    public bool IsNews => Status == false || Reason == CertificateExpiring;

    /// <summary>First rule that fits wins. Only dates are told, so that time passing changes nothing.</summary>
    public static EndpointsVerdict Of(IReadOnlyList<EndpointResult> results, DateTimeOffset now)
    {
        var bad = results.Where(r => r.IsBad).ToList();
        if (bad.Count > 0)
        {
            return new(false, bad[0].Result, $"{bad.Count} of {results.Count} endpoints: {string.Join("; ", bad.Take(3).Select(r => $"{r.Url}: {r.Words}"))}{(bad.Count > 3 ? "; …" : "")}");
        }
        var good = results.Count(r => r.IsGood);
        if (good == 0)
        {
            return new(null, EndpointResult.NotChecked, "No endpoint can be looked at from here: paths, addresses of private networks that spec.tenancy.allowedHosts of the RucioInstance does not have, and ports below 1024 but 80 and 443 are left out");
        }
        var first = results.Where(r => r.Expires is not null).OrderBy(r => r.Expires).FirstOrDefault();
        if (first is not null && first.Expires - now < Notice)
        {
            return new(true, CertificateExpiring, $"{first.Url}: its certificate expires at {first.Expires:yyyy-MM-dd HH:mm} UTC");
        }
        var told = good == results.Count ? $"All {good} endpoints answer" : $"{good} of {results.Count} endpoints answer, the others are not looked at";
        return new(true, EndpointResult.Answers, first is null ? told : $"{told}; the first certificate to expire does so on {first.Expires:yyyy-MM-dd}");
    }
}
