using System.Collections.Concurrent;
using RucioOperator.Catalogue;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>The connections of all instances, by key of the RucioInstance.</summary>
public sealed class InstanceConnections
{
    private readonly ConcurrentDictionary<ObjectKey, RucioConnection> _connections = new();

    /// <summary>Raised with the instance's key after a full look at its catalogue: its VOs and storages plan again.</summary>
    public event Action<ObjectKey>? Observed;

    public RucioConnection? Find(ObjectKey instance) => _connections.GetValueOrDefault(instance);

    /// <summary>Null also for a Rucio that somebody else runs.</summary>
    public InstanceConnection? FindCatalogue(ObjectKey instance) => Find(instance) as InstanceConnection;

    public void RaiseObserved(ObjectKey instance) => Observed?.Invoke(instance);

    /// <summary>The connection for this access; another password or host makes a new one.</summary>
    public Task<InstanceConnection> UseAsync(ObjectKey instance, DatabaseAccess access) => UseAsync(instance, c => c.Access == access, () => new InstanceConnection(access));

    public Task<ExternalConnection> UseAsync(ObjectKey instance, ExternalAccess access, TimeProvider time, TimeSpan driftInterval) =>
        UseAsync(instance, c => c.Access == access, () => new ExternalConnection(access, time, driftInterval));

    private async Task<T> UseAsync<T>(ObjectKey instance, Func<T, bool> fits, Func<T> open) where T : RucioConnection
    {
        if (_connections.TryGetValue(instance, out var existing))
        {
            if (existing is T same && fits(same))
            {
                return same;
            }
            await existing.DisposeAsync();
        }
        var opened = open();
        opened.Instance = instance.ToString();
        _connections[instance] = opened;
        return opened;
    }

    public async Task ForgetAsync(ObjectKey instance)
    {
        if (_connections.TryRemove(instance, out var connection))
        {
            await connection.DisposeAsync();
        }
    }
}
