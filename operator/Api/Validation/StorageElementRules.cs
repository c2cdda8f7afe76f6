using RucioOperator.Api.Presets;
using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>What the schema refuses, once more for objects older than the schema, and what a schema can't say.</summary>
public static class StorageElementRules
{
    /// <summary>RSE attribute → the field of spec that owns it.</summary>
    private static readonly IReadOnlyList<(string Attribute, string Field)> Owned =
    [
        ("fts", "spec.fts"), ("lfn2pfn_algorithm", "spec.lfn2pfn"), ("greedyDeletion", "spec.greedyDeletion"), ("oidc_support", "spec.tokens.enabled"),
        ("oidc_base_path", "spec.tokens.basePath"), ("verify_checksum", "spec.checksums.verify"), ("supported_checksums", "spec.checksums.supported"),
    ];

    public static IReadOnlyList<Rule<StorageElementSpec>> All { get; } =
    [
        new("a VO is named", s => When(s.VoRef.Name == "", Missing("spec.voRef.name"))),
        new("the RSE name is Rucio's form", s => When(s.Rse.Length > 255 || !Forms.Rse().IsMatch(s.Rse),
            Invalid("spec.rse", "an RSE name has upper-case letters and digits, joined by single _ or -, such as CERN-EOS_DISK"))),
        new("endpoints can be split into Rucio's parts", Endpoints),
        .. TechnologyRules.All,
        new("priorities are not negative", Priorities),
        new("checks come at sensible times", s => When(s.Check is { } check && !Forms.EndpointCheckInterval().IsMatch(check.Interval), Invalid("spec.check.interval", "must be a time such as 1h, 1d or 30m, from 5m to 30d"))),
        new("attributes are text and not the operator's", Attributes),
        new("free space is a size", s => When(s.MinFreeSpace is { } q && (q == Quantity.Unlimited || !Forms.Bytes().IsMatch(q) || !Quantity.TryBytes(q, out _)),
            Invalid("spec.minFreeSpace", "must be bytes such as 10Ti or 500G, below 8Ei"))),
        new("the capacity is a size", s => When(s.Capacity is { } q && (q == Quantity.Unlimited || !Forms.Bytes().IsMatch(q) || !Quantity.TryBytes(q, out var bytes) || bytes == 0),
            Invalid("spec.capacity", "must be bytes such as 1Pi or 500T, more than none and below 8Ei"))),
        new("less is kept free than there is", s => When(s is { Capacity: { } all, MinFreeSpace: { } free } && Quantity.TryBytes(all, out var size) && Quantity.TryBytes(free, out var kept) && kept >= size,
            Invalid("spec.minFreeSpace", "must be less than spec.capacity"))),
        new("keys are for URLs that Rucio signs", Keys),
        new("distances are positive and to others", Distances),
        new("the FTS server is a URL", s => When(s.Fts is { } fts && !Forms.FtsServer().IsMatch(fts),
            Invalid("spec.fts", "must be https://host[:port], such as https://fts.example.org:8446"))),
    ];

    public static IReadOnlyList<FieldError> Validate(StorageElement storage) => All.Run(storage.Spec);

    private static IEnumerable<FieldError> Distances(StorageElementSpec s) =>
    [
        .. s.Distances.Items("spec.distances").SelectMany(d => (IEnumerable<FieldError>)
        [
            .. When(!Forms.Rse().IsMatch(d.Item.Rse), Invalid($"{d.Path}.rse", "must be the name of an RSE such as SKY_DISK")),
            .. When(d.Item.Rse == s.Rse, Invalid($"{d.Path}.rse", "must be another RSE than spec.rse")),
            .. When(d.Item is { To: null, From: null }, Invalid(d.Path, "must have to, from or both")),
            .. When(d.Item.To is < 1 or > 1_000_000, Invalid($"{d.Path}.to", "must be 1 to 1000000")),
            .. When(d.Item.From is < 1 or > 1_000_000, Invalid($"{d.Path}.from", "must be 1 to 1000000")),
        ]),
        .. s.Distances.Items("spec.distances").Unique(d => d.Rse, "another distance is to the same RSE"),
    ];

    private static IEnumerable<FieldError> Endpoints(StorageElementSpec s)
    {
        foreach (var (path, endpoint) in s.Endpoints.Items("spec.endpoints"))
        {
            if (!Endpoint.TryParse(endpoint.Url, out _, out var fault))
            {
                yield return Invalid($"{path}.url", fault);
            }
        }
    }

    /// <summary>lib/rucio/core/replica.py and daemons/reaper: scheme https alone. Google's keys are one file for a whole server.</summary>
    private static IEnumerable<FieldError> Keys(StorageElementSpec s) =>
    [
        .. Secret("spec.credentialsSecretRef", s.CredentialsSecretRef),
        .. When(s.CredentialsSecretRef is not null && (s.Attributes?.GetValueOrDefault("sign_url") ?? (PresetCatalogue.For(s)?.Technology == StorageTechnology.S3 ? "s3" : "")) is not ("s3" or "swift"),
            Invalid("spec.credentialsSecretRef", "is for storages whose URLs Rucio signs: technology S3, or attribute sign_url s3 or swift")),
        .. When(s.CredentialsSecretRef is not null && s.Endpoints?.Any(e => e.Url.StartsWith("https://", StringComparison.Ordinal) || e.Url.StartsWith("s3://", StringComparison.Ordinal)) != true,
            Invalid("spec.credentialsSecretRef", "Rucio signs https:// URLs alone: add such an endpoint")),
        .. s.CredentialsSecretRef is null ? [] : s.Endpoints.Items("spec.endpoints").Select(e => (e.Path, Url: Endpoint.TryParse(e.Item.Url, out var url, out _) ? url : null))
            .Where(e => e.Url is { Scheme: "https" or "s3" }).SelectMany(e => Signable(s, $"{e.Path}.url", e.Url!)),
    ];

    /// <summary>What lib/rucio/core/credential.py makes of an address.</summary>
    private static IEnumerable<FieldError> Signable(StorageElementSpec s, string path, Endpoint url) =>
    [
        .. When(url.Host.StartsWith('['), Invalid(path, "Rucio cuts an IPv6 address at its first colon when it signs: use a name")),
        .. When(url.Port != 443 && s.Attributes?.GetValueOrDefault("sign_url") == "swift", Invalid(path, "Rucio leaves the port out of Swift's signed URLs, so it must be 443")),
        .. When(url.Prefix == "/" && s.Attributes?.GetValueOrDefault("s3_url_style") != "host", Invalid(path, "the prefix must begin with the bucket")),
    ];

    private static IEnumerable<FieldError> Priorities(StorageElementSpec s) =>
        s.Endpoints.Items("spec.endpoints").SelectMany(e => new (string Path, int? Value)[]
        {
            ("lan.read", e.Item.Lan?.Read), ("lan.write", e.Item.Lan?.Write), ("lan.delete", e.Item.Lan?.Delete),
            ("wan.read", e.Item.Wan?.Read), ("wan.write", e.Item.Wan?.Write), ("wan.delete", e.Item.Wan?.Delete),
            ("wan.thirdPartyCopyRead", e.Item.Wan?.ThirdPartyCopyRead), ("wan.thirdPartyCopyWrite", e.Item.Wan?.ThirdPartyCopyWrite),
        }.Where(p => p.Value is < 0 or > 1000).Select(p => Invalid($"{e.Path}.{p.Path}", "must be 0 to 1000")));

    private static IEnumerable<FieldError> Attributes(StorageElementSpec s)
    {
        foreach (var (key, value) in s.Attributes ?? new Dictionary<string, string>())
        {
            var path = $"spec.attributes[{key}]";
            if (Owned.FirstOrDefault(o => o.Attribute == key).Field is { } field)
            {
                yield return Reserved(path, $"set {field} instead");
            }
            else if (key == s.Rse)
            {
                yield return Reserved(path, "the attribute named like the RSE belongs to Rucio");
            }
            else if (!Forms.AttributeKey().IsMatch(key))
            {
                yield return Invalid(path, "a key has letters, digits, _, ., : and -");
            }
            else if (value.Length is 0 or > 255)
            {
                yield return Invalid(path, "must have 1 to 255 characters");
            }
        }
    }
}
