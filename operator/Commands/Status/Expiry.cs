using RucioOperator.Api;

namespace RucioOperator.Commands.Status;

/// <summary>Something that ends by itself.</summary>
/// <param name="What">In words, with the server it is at.</param>
public sealed record Expiry(string What, DateTime At)
{
    public static IEnumerable<Expiry> Of(IRucioResource resource) => resource switch
    {
        RucioInstance instance => Of(instance.Status?.Transfers),
        VirtualOrganisation vo => Of(vo.Status?.Transfers),
        StorageElement storage => (storage.Status?.Endpoints ?? []).Where(e => e.CertificateExpires is not null).Select(e => new Expiry($"certificate of {e.Url}", e.CertificateExpires!.Value)),
        _ => [],
    };

    private static IEnumerable<Expiry> Of(TransfersStatus? transfers)
    {
        if (transfers?.CertificateNotAfter is { } certificate)
        {
            yield return new("certificate", certificate);
        }
        if (transfers?.ProxyNotAfter is { } proxy)
        {
            yield return new("proxy", proxy);
        }
        foreach (var delegation in transfers?.Delegations ?? [])
        {
            if (delegation.NotAfter is { } until)
            {
                yield return new($"delegation at {delegation.Server}", until);
            }
        }
    }

    /// <summary>As kubectl writes ages: the two largest units at most.</summary>
    public static string Left(TimeSpan left) => left switch
    {
        _ when left <= TimeSpan.Zero => "over",
        { TotalDays: >= 3 } => $"{(int)left.TotalDays}d",
        { TotalHours: >= 3 } => $"{(int)left.TotalHours}h",
        { TotalMinutes: >= 3 } => $"{(int)left.TotalMinutes}m",
        _ => $"{(int)left.TotalSeconds}s",
    };
}
