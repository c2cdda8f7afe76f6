using System.Collections.Concurrent;
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>ConfigMaps that resources name: read by name once per version, followed through a metadata-only watch.</summary>
public sealed class ReferencedMaps(KubeApi api, Informer<PartialObject> metadata) : IReferencedMaps
{
    private readonly ConcurrentDictionary<ObjectKey, (string Version, IReadOnlyDictionary<string, string> Data)> _read = new();

    /// <summary>Null when there is no such ConfigMap.</summary>
    public async Task<IReadOnlyDictionary<string, string>?> ReadAsync(ObjectKey key, CancellationToken ct)
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
        if (await api.GetAsync<V1ConfigMap>(key, ct) is not { } map)
        {
            return null;
        }
        var data = new Dictionary<string, string>(map.Data ?? new Dictionary<string, string>());
        _read[key] = (map.Metadata.ResourceVersion, data);
        return data;
    }
}
