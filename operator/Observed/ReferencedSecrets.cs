using System.Collections.Concurrent;
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>
/// Secrets that resources name: read by name once per version, and followed through a metadata-only watch, so that an
/// unchanged Secret costs no call and a foreign one no memory.
/// </summary>
public sealed class ReferencedSecrets(KubeApi api, Informer<PartialObject> metadata) : IReferencedSecrets
{
    private readonly ConcurrentDictionary<ObjectKey, (string Version, IReadOnlyDictionary<string, byte[]> Data)> _read = new();

    public IReadOnlyList<ObjectKey> Find(string ns, IReadOnlyDictionary<string, string> labels) =>
        [.. metadata.Store.List().Where(s => s.Metadata.NamespaceProperty == ns && s.Metadata.Labels is { } has && labels.All(l => has.TryGetValue(l.Key, out var value) && value == l.Value)).Select(s => ObjectKey.Of(s))];

    public string? Label(ObjectKey key, string label) => metadata.Store.Get(key)?.Metadata.Labels is { } labels && labels.TryGetValue(label, out var value) ? value : null;

    /// <summary>Null when there is no such Secret.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]>?> ReadAsync(ObjectKey key, CancellationToken ct)
    {
        if (metadata.Store.Get(key) is not { } known)
        {
            _read.TryRemove(key, out _);
            return null;
        }
        if (_read.TryGetValue(key, out var cached) && cached.Version == known.Metadata.ResourceVersion)
        {
            return cached.Data;
        }
        var secret = await api.GetAsync<V1Secret>(key, ct);
        if (secret is null)
        {
            return null;
        }
        var data = new Dictionary<string, byte[]>(secret.Data ?? new Dictionary<string, byte[]>());
        _read[key] = (secret.Metadata.ResourceVersion, data);
        return data;
    }

    /// <summary>Takes the server's answer to our own write: the next pass must not act on what the Secret was.</summary>
    public void Written(V1Secret secret)
    {
        _read[ObjectKey.Of(secret)] = (secret.Metadata.ResourceVersion, new Dictionary<string, byte[]>(secret.Data ?? new Dictionary<string, byte[]>()));
        metadata.Refresh(new PartialObject { ApiVersion = "v1", Kind = "Secret", Metadata = secret.Metadata });
    }
}

/// <summary>A reference a person has to put right; waits for the Secret's next change.</summary>
public sealed class SecretProblem(string reason, string message) : Exception(message), IReportableError
{
    public string Reason => reason;
    public string Report => Message;
}
