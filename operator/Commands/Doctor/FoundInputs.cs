using System.Collections.Concurrent;
using k8s.Models;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor;

/// <summary>Secrets of the manifest set, else of the cluster; each is read once.</summary>
/// <param name="api">Null: there is no cluster to ask.</param>
internal sealed class FoundSecrets(Found found, KubeApi? api) : IReferencedSecrets
{
    private readonly ConcurrentDictionary<ObjectKey, Lazy<Task<IReadOnlyDictionary<string, byte[]>?>>> _read = new();

    /// <exception cref="NotAtHandException">Nobody here can know.</exception>
    public Task<IReadOnlyDictionary<string, byte[]>?> ReadAsync(ObjectKey key, CancellationToken ct) => _read.GetOrAdd(key, k => new(() => LookAsync(k, ct))).Value;

    private async Task<IReadOnlyDictionary<string, byte[]>?> LookAsync(ObjectKey key, CancellationToken ct)
    {
        if (found.Secrets.TryGetValue(key, out var given))
        {
            return given;
        }
        if (api is not null && await api.GetAsync<V1Secret>(key, ct) is { } secret)
        {
            return new Dictionary<string, byte[]>(secret.Data ?? new Dictionary<string, byte[]>());
        }
        if (found.Promised.TryGetValue(key, out var source))
        {
            throw new NotAtHandException(NotAtHandException.ToBeMade, $"Secret {key} is made of {source}, and is not there yet");
        }
        return api is null ? throw new NotAtHandException(NotAtHandException.NoCluster, $"Secret {key} is not in the files, and no cluster was asked") : null;
    }
}

/// <summary>ConfigMaps of the manifest set, else of the cluster.</summary>
/// <param name="api">Null: there is no cluster to ask.</param>
internal sealed class FoundMaps(Found found, KubeApi? api) : IReferencedMaps
{
    /// <exception cref="NotAtHandException">Nobody here can know.</exception>
    public async Task<IReadOnlyDictionary<string, string>?> ReadAsync(ObjectKey key, CancellationToken ct)
    {
        if (found.Maps.TryGetValue(key, out var given))
        {
            return given;
        }
        if (api is null)
        {
            throw new NotAtHandException(NotAtHandException.NoCluster, $"ConfigMap {key} is not in the files, and no cluster was asked");
        }
        return await api.GetAsync<V1ConfigMap>(key, ct) is { } map ? new Dictionary<string, string>(map.Data ?? new Dictionary<string, string>()) : null;
    }
}
