using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>Cache, monitoring, network.</summary>
internal static class PlatformRules
{
    public static IReadOnlyList<Rule<RucioInstanceSpec>> All { get; } =
    [
        new("the cache is one", Cache),
    ];

    private static IEnumerable<FieldError> Cache(RucioInstanceSpec s) => s.Cache is not { } cache ? [] :
    [
        .. When(cache.Shared is null == cache.Url is null, Invalid("spec.cache", "needs exactly one of: shared, url")),
        .. When(cache.Url is { } url && (!Forms.HostAndPort().IsMatch(url) || url.Length > 255), Invalid("spec.cache.url", "must be host:port, such as memcached.caches.svc:11211")),
        .. When(cache.Shared is { MemoryMiB: < 64 or > 65536 }, Invalid("spec.cache.shared.memoryMiB", "must be 64 to 65536")),
        .. When(cache.Shared is { } shared && !Forms.Image().IsMatch(shared.Image), Invalid("spec.cache.shared.image", "must be an image reference, such as docker.io/library/memcached:1.6")),
    ];
}
