using System.Collections.Concurrent;
using System.Text;
using RucioOperator.Api;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>The bundles of <c>spec.trust.caBundles</c>, from ConfigMaps and Secrets.</summary>
public sealed class TrustTexts(IReferencedSecrets secrets, IReferencedMaps maps)
{
    private readonly ConcurrentDictionary<ObjectKey, (IReadOnlyList<(string, string)> Texts, string Bundle)> _bundles = new();

    /// <exception cref="SecretProblem">What a field names is not there.</exception>
    public async Task<IReadOnlyList<(string Source, string Text)>> ReadAsync(RucioInstance instance, CancellationToken ct)
    {
        var texts = new List<(string, string)>();
        foreach (var (bundle, n) in (instance.Spec.Trust?.CaBundles ?? []).Select((b, n) => (b, n)))
        {
            var (key, field) = (new ObjectKey(instance.Metadata.NamespaceProperty, bundle.Name), $"spec.trust.caBundles[{n}]");
            var data = bundle.Kind == CaBundleKind.ConfigMap
                ? await maps.ReadAsync(key, ct)
                : (await secrets.ReadAsync(key, ct))?.ToDictionary(e => e.Key, e => Encoding.UTF8.GetString(e.Value));
            if (data is null)
            {
                throw new SecretProblem($"{bundle.Kind}NotFound", $"{field}: {bundle.Kind} {key} does not exist");
            }
            if (bundle.Key is { } only && !data.ContainsKey(only))
            {
                throw new SecretProblem($"{bundle.Kind}KeyMissing", $"{field}: {bundle.Kind} {key} has no key {only}");
            }
            texts.AddRange(data.Where(e => bundle.Key is null || e.Key == bundle.Key).OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => ($"{field}: {bundle.Kind} {key}, {e.Key}", e.Value)));
        }
        return texts;
    }

    /// <summary>For the operator's own calls to servers of others; empty where the bundles can't be used, which <c>TrustLoaded</c> tells.</summary>
    public async Task<string> BundleAsync(RucioInstance instance, CancellationToken ct)
    {
        try
        {
            var (key, texts) = (ObjectKey.Of(instance), await ReadAsync(instance, ct));
            if (!_bundles.TryGetValue(key, out var known) || !known.Texts.SequenceEqual(texts))
            {
                // Each VO's pass asks, and hundreds of certificates take a while to read.
                _bundles[key] = known = (texts, AuthorityFiles.From(texts).Files.GetValueOrDefault(AuthorityFiles.Bundle, ""));
            }
            return known.Bundle;
        }
        catch (Exception error) when (error is SecretProblem or FormatException)
        {
            return "";
        }
    }
}
