using RucioOperator.Api.Presets;
using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>What fits together, as Rucio works: technology, type, endpoints, tokens, checksums, paths.</summary>
internal static class TechnologyRules
{
    public static IReadOnlyList<Rule<StorageElementSpec>> All { get; } =
    [
        new("the technology is known", s => When(PresetCatalogue.For(s) is null, new("spec.technology", ValidationReasons.MissingField,
            "is required with these endpoints: it is only inferred from davs, https, http and root, from file, or from s3"))),
        new("the technology speaks the schemes", Schemes),
        new("endpoints differ", EndpointsDiffer),
        new("the type fits the technology", Type),
        new("implementations know their scheme", Implementation),
        new("extended attributes fit into their column", Extras),
        new("a bucket is named", Bucket),
        new("IPv6 addresses stand where Rucio can read them", Ipv6),
        new("a staging area is disk", s => When(s is { Type: StorageType.TAPE, StagingArea: true }, Invalid("spec.stagingArea", "is the disk in front of a tape storage and not the tape"))),
        new("tokens have something to open", Tokens),
        new("checksums are of use", s => When(s.Checksums is { Verify: false, Supported: not null }, Invalid("spec.checksums.supported", "is of no use where spec.checksums.verify is false"))),
        new("at least one checksum", s => When(s.Checksums?.Supported is { Count: 0 }, Invalid("spec.checksums.supported", "must not be empty; spec.checksums.verify: false is for storages without checksums"))),
        new("a path algorithm makes paths", s => When(s is { Deterministic: false, Lfn2pfn: not null },
            Invalid("spec.lfn2pfn", "is for deterministic storages; see the attribute naming_convention for others"))),
    ];

    private static IEnumerable<(string Path, EndpointSpec Spec, Endpoint Url)> Parsed(StorageElementSpec s)
    {
        foreach (var (path, item) in s.Endpoints.Items("spec.endpoints"))
        {
            if (Endpoint.TryParse(item.Url, out var url, out _))
            {
                yield return (path, item, url);
            }
        }
    }

    private static IEnumerable<FieldError> Schemes(StorageElementSpec s) =>
        PresetCatalogue.For(s) is not { } preset ? [] : Parsed(s).Where(e => !preset.Schemes.ContainsKey(e.Url.Scheme))
            .Select(e => Invalid($"{e.Path}.url", $"{preset.Technology} speaks {string.Join(", ", preset.Schemes.Keys)}: correct the scheme or spec.technology"));

    private static IEnumerable<FieldError> EndpointsDiffer(StorageElementSpec s) =>
        Parsed(s).Select(e => (e.Path, Item: e.Url)).Unique(e => (PresetCatalogue.For(s)?.SchemeOf(e.Scheme) ?? e.Scheme, e.Host, e.Port), "another endpoint has the same scheme, host and port");

    private static IEnumerable<FieldError> Type(StorageElementSpec s) =>
        PresetCatalogue.For(s) is { } preset && !preset.Types.Value.Contains(s.Type) ? [Invalid("spec.type", $"{preset.Technology} is {preset.Types.Value[0]}: {preset.Types.Source}")] : [];

    private static IEnumerable<FieldError> Implementation(StorageElementSpec s) =>
        from e in Parsed(s)
        where e.Spec.Impl is not null && PresetCatalogue.For(s) is not null
        let known = Implementations.Of(PresetCatalogue.For(s)!.SchemeOf(e.Url.Scheme))
        where !known.Contains(e.Spec.Impl)
        select Invalid($"{e.Path}.impl", $"must be one that knows {e.Url.Scheme}: {string.Join(", ", known)}");

    private static IEnumerable<FieldError> Extras(StorageElementSpec s)
    {
        foreach (var (path, endpoint) in s.Endpoints.Items("spec.endpoints"))
        {
            foreach (var (key, value) in endpoint.ExtendedAttributes ?? new Dictionary<string, string>())
            {
                if (!Forms.ExtendedAttributeKey().IsMatch(key) || value.Length > 255 || !Forms.ExtendedAttributeValue().IsMatch(value))
                {
                    yield return Invalid($"{path}.extendedAttributes[{key}]", "a key has up to 64 letters, digits, _, . and -, a value plain ASCII without quotation marks and backslashes");
                }
            }
        }
        foreach (var (path, spec, url) in Parsed(s))
        {
            if (url.WebServicePath is not null && spec.ExtendedAttributes?.ContainsKey("web_service_path") == true)
            {
                yield return Invalid($"{path}.extendedAttributes[web_service_path]", "is in the url already");
            }
        }
    }

    private static IEnumerable<FieldError> Bucket(StorageElementSpec s) =>
        PresetCatalogue.For(s)?.Technology != StorageTechnology.S3 || s.Attributes?.GetValueOrDefault("s3_url_style") == "host" ? []
            : Parsed(s).Where(e => e.Url.Prefix == "/").Select(e => Invalid($"{e.Path}.url", "needs the bucket, as in s3://host/bucket/; where the host name has it, set attribute s3_url_style to host"));

    /// <summary>lib/rucio/rse/protocols/gfal.py (parse_pfns) and lib/rucio/core/credential.py (get_signed_url) end a host at its first colon.</summary>
    private static IEnumerable<FieldError> Ipv6(StorageElementSpec s) =>
        s.Deterministic && PresetCatalogue.For(s)?.Technology != StorageTechnology.S3 ? []
            : Parsed(s).Where(e => e.Url.IsIpv6).Select(e => Invalid($"{e.Path}.url", "Rucio cannot take apart URLs with an IPv6 address, which it has to for S3 and where spec.deterministic is false: use a host name"));

    private static IEnumerable<FieldError> Tokens(StorageElementSpec s)
    {
        if (s.Tokens is not { } tokens)
        {
            yield break;
        }
        var davs = Parsed(s).Where(e => e.Url.Scheme == "davs").ToList();
        if (tokens.Enabled && davs.Count == 0)
        {
            yield return Invalid("spec.tokens", "needs a davs:// endpoint: Rucio uses tokens with no other scheme");
        }
        if (tokens.BasePath is not { } path)
        {
            yield break;
        }
        if (!tokens.Enabled)
        {
            yield return Invalid("spec.tokens.basePath", "needs spec.tokens.enabled");
        }
        else if (!Forms.BasePath().IsMatch(path))
        {
            yield return Invalid("spec.tokens.basePath", "must be an absolute path without a slash at its end, such as /eos/pol");
        }
        else if (davs.Exists(e => !e.Url.Prefix.StartsWith(path + "/", StringComparison.Ordinal)))
        {
            yield return Invalid("spec.tokens.basePath", "must be the beginning of the prefix of every davs:// endpoint");
        }
    }
}
