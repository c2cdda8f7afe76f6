using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>The cached objects of one kind. Objects are shared: never change one, copy it.</summary>
public sealed class ResourceStore<T> where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Lock gate = new();
    private readonly Dictionary<ObjectKey, T> objects = [];
    private readonly Dictionary<string, Index> indexes = [];
    private readonly List<Action<T?, T?>> subscribers = [];

    private sealed record Index(Func<T, IEnumerable<string>> Values, Dictionary<string, HashSet<ObjectKey>> Keys);

    /// <summary>Told of a subscriber that threw; the others and the store go on.</summary>
    internal Action<ObjectKey, Exception>? OnError { get; set; }

    public int Count { get { lock (gate) return objects.Count; } }

    public T? Get(ObjectKey key)
    {
        lock (gate)
            return objects.GetValueOrDefault(key);
    }

    public bool TryGet(ObjectKey key, [NotNullWhen(true)] out T? obj) => (obj = Get(key)) is not null;

    /// <summary>All, in no particular order.</summary>
    public IReadOnlyList<T> List()
    {
        lock (gate)
            return [.. objects.Values];
    }

    public IReadOnlyList<T> ByIndex(string name, string value)
    {
        lock (gate)
            return indexes[name].Keys.TryGetValue(value, out var keys) ? [.. keys.Select(key => objects[key])] : [];
    }

    public void AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        lock (gate)
        {
            var index = new Index(values, []);
            indexes.Add(name, index);
            foreach (var (key, obj) in objects)
                Insert(index, key, obj);
        }
    }

    /// <summary>
    /// Takes the server's answer to our own write, so that the next pass does not act on older news. Only replaces
    /// an older version of the same object (same uid), never brings one back.
    /// </summary>
    internal void Refresh(T written)
    {
        lock (gate)
        {
            var key = ObjectKey.Of(written);
            if (objects.TryGetValue(key, out var old) && old.Metadata.Uid == written.Metadata.Uid && IsNewer(written, old))
                Put(key, old, written);
        }
    }

    internal void Subscribe(Action<T?, T?> onChange)
    {
        lock (gate)
        {
            subscribers.Add(onChange);
            foreach (var (key, obj) in objects)
                Tell(onChange, key, null, obj);
        }
    }

    /// <summary>Added or modified. Of the watch's news those older than what is stored are dropped (our own write came first); a list is believed, the server may have been restored from a backup.</summary>
    internal void Upsert(T obj, bool listed)
    {
        lock (gate)
        {
            var key = ObjectKey.Of(obj);
            var old = objects.GetValueOrDefault(key);
            if (old is not null && old.Metadata.Uid == obj.Metadata.Uid && (listed ? old.Metadata.ResourceVersion == obj.Metadata.ResourceVersion : !IsNewer(obj, old)))
                return;
            // Deleted and made again between two looks: another object, so say both.
            if (old is not null && old.Metadata.Uid != obj.Metadata.Uid)
            {
                Drop(key, old);
                old = null;
            }
            Put(key, old, obj);
        }
    }

    internal void Remove(ObjectKey key, string? uid)
    {
        lock (gate)
        {
            if (objects.TryGetValue(key, out var old) && (uid is null || old.Metadata.Uid == uid))
                Drop(key, old);
        }
    }

    /// <summary>After a complete list: what it did not hold is gone.</summary>
    /// <param name="namespace">Empty: the list was of all namespaces.</param>
    internal void RemoveMissing(string @namespace, IReadOnlySet<ObjectKey> listed)
    {
        lock (gate)
        {
            foreach (var (key, obj) in objects.Where(entry => (@namespace.Length == 0 || entry.Key.Namespace == @namespace) && !listed.Contains(entry.Key)).ToArray())
                Drop(key, obj);
        }
    }

    // Resource versions of one kind are numbers that grow with time; a server that hands out anything else is believed as it comes.
    private static bool IsNewer(T candidate, T stored) =>
        !ulong.TryParse(candidate.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var a)
        || !ulong.TryParse(stored.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var b)
        || a > b;

    private void Put(ObjectKey key, T? old, T now)
    {
        foreach (var index in indexes.Values)
        {
            if (old is not null)
                Withdraw(index, key, old);
            Insert(index, key, now);
        }
        objects[key] = now;
        foreach (var subscriber in subscribers)
            Tell(subscriber, key, old, now);
    }

    private void Drop(ObjectKey key, T old)
    {
        foreach (var index in indexes.Values)
            Withdraw(index, key, old);
        objects.Remove(key);
        foreach (var subscriber in subscribers)
            Tell(subscriber, key, old, null);
    }

    private void Tell(Action<T?, T?> subscriber, ObjectKey key, T? old, T? now)
    {
        try
        {
            subscriber(old, now);
        }
        catch (Exception error)
        {
            OnError?.Invoke(key, error);
        }
    }

    // One odd object must not stop the cache of a whole kind.
    private IEnumerable<string> ValuesOf(Index index, ObjectKey key, T obj)
    {
        try
        {
            return [.. index.Values(obj)];
        }
        catch (Exception error)
        {
            OnError?.Invoke(key, error);
            return [];
        }
    }

    private void Insert(Index index, ObjectKey key, T obj)
    {
        foreach (var value in ValuesOf(index, key, obj))
        {
            if (!index.Keys.TryGetValue(value, out var keys))
                index.Keys.Add(value, keys = []);
            keys.Add(key);
        }
    }

    private void Withdraw(Index index, ObjectKey key, T obj)
    {
        foreach (var value in ValuesOf(index, key, obj))
        {
            if (index.Keys.TryGetValue(value, out var keys) && keys.Remove(key) && keys.Count == 0)
                index.Keys.Remove(value);
        }
    }
}
