using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace RucioOperator.Sandbox.Kubernetes.Storage;

/// <summary>
/// All objects and their history. Members other than <see cref="Gate"/> are used while holding it,
/// so a read-modify-write is one step and events are ordered.
/// </summary>
internal sealed class ObjectStore
{
    private const int HistoryLimit = 10_000;

    private readonly Dictionary<string, Collection> _collections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredObject> _byUid = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _dependents = new(StringComparer.Ordinal);

    public Lock Gate { get; } = new();

    public long Version { get; private set; } = 1;

    public long Compacted { get; private set; }

    /// <summary>Called under the gate after every change, before watches tell of it.</summary>
    public event Action<Change>? Changed;

    public IEnumerable<string> Storages => [.. _collections.Keys];

    public StoredObject? Find(string storage, string ns, string name) => Of(storage).Find(ns, name);

    public StoredObject? FindUid(string uid) => _byUid.GetValueOrDefault(uid);

    /// <summary>Objects that name this uid as owner.</summary>
    public IReadOnlyList<StoredObject> DependentsOf(string uid) =>
        _dependents.TryGetValue(uid, out var uids) ? [.. uids.Select(FindUid).OfType<StoredObject>()] : [];

    /// <summary>In key order: namespace, then name.</summary>
    public IEnumerable<StoredObject> List(string storage, string? ns) => Of(storage).List(ns);

    public bool AnyIn(string ns) => _collections.Values.Any(collection => collection.List(ns).Any());

    /// <summary>Creates or replaces; gives the object its resource version.</summary>
    public StoredObject Put(string storage, StoredObject? before, JsonObject node)
    {
        var stored = Stamp(storage, node);
        Of(storage).Put(stored);
        Unindex(before);
        _byUid[stored.Uid] = stored;
        foreach (var owner in Owners(stored))
        {
            (_dependents.TryGetValue(owner, out var uids) ? uids : _dependents[owner] = new(StringComparer.Ordinal)).Add(stored.Uid);
        }

        Publish(new(before is null ? ChangeKind.Added : ChangeKind.Modified, stored.Version, before, stored));
        return stored;
    }

    public StoredObject Remove(StoredObject before, JsonObject last)
    {
        var stored = Stamp(before.Storage, last);
        Of(before.Storage).Remove(before);
        Unindex(before);
        _byUid.Remove(before.Uid);
        Publish(new(ChangeKind.Deleted, stored.Version, before, stored));
        return stored;
    }

    /// <summary>Everything after <paramref name="since"/>, then what comes; null when that version is compacted.</summary>
    public Channel<Change>? Watch(string storage, long since)
    {
        var collection = Of(storage);
        if (since < Math.Max(Compacted, collection.Compacted))
        {
            return null;
        }

        var channel = Channel.CreateUnbounded<Change>(new() { SingleReader = true });
        collection.Replay(since, channel.Writer);
        collection.Watchers.Add(channel);
        return channel;
    }

    public void Unwatch(string storage, Channel<Change> channel) => Of(storage).Watchers.Remove(channel);

    /// <summary>Sends a mark to the watchers of one resource, or of all; returns how many.</summary>
    public int Signal(ChangeKind kind, string? storage = null)
    {
        var mark = new Change(kind, Version, null, null);
        var watchers = _collections.Where(pair => storage is null || pair.Key == storage).SelectMany(pair => pair.Value.Watchers).ToList();
        watchers.ForEach(watcher => watcher.Writer.TryWrite(mark));
        return watchers.Count;
    }

    /// <summary>Forgets the history: watches and page tokens from before get 410.</summary>
    public void Compact()
    {
        Compacted = ++Version;
        foreach (var collection in _collections.Values)
        {
            collection.Forget();
        }
    }

    private Collection Of(string storage)
    {
        if (!_collections.TryGetValue(storage, out var collection))
        {
            _collections[storage] = collection = new();
        }

        return collection;
    }

    private StoredObject Stamp(string storage, JsonObject node)
    {
        Version++;
        node.Metadata()["resourceVersion"] = Version.ToString(CultureInfo.InvariantCulture);
        return new(storage, node, Version);
    }

    private void Publish(Change change)
    {
        // First: who hears of a definition may ask for its objects at once.
        Changed?.Invoke(change);
        Of(change.After!.Storage).Publish(change);
    }

    private void Unindex(StoredObject? before)
    {
        foreach (var owner in before is null ? [] : Owners(before))
        {
            if (_dependents.TryGetValue(owner, out var uids) && uids.Remove(before!.Uid) && uids.Count == 0)
            {
                _dependents.Remove(owner);
            }
        }
    }

    private static IEnumerable<string> Owners(StoredObject stored) =>
        stored.Node.At("metadata", "ownerReferences").Objects().Select(owner => owner.Text("uid") ?? "");

    private sealed class Collection
    {
        private readonly SortedDictionary<string, SortedDictionary<string, StoredObject>> _objects = new(StringComparer.Ordinal);
        private readonly List<Change> _history = [];

        public HashSet<Channel<Change>> Watchers { get; } = [];

        public long Compacted { get; private set; }

        public StoredObject? Find(string ns, string name) =>
            _objects.TryGetValue(ns, out var names) ? names.GetValueOrDefault(name) : null;

        public IEnumerable<StoredObject> List(string? ns) =>
            ns is null ? _objects.Values.SelectMany(names => names.Values)
            : _objects.TryGetValue(ns, out var one) ? one.Values : [];

        public void Put(StoredObject stored) =>
            (_objects.TryGetValue(stored.Namespace, out var names)
                ? names : _objects[stored.Namespace] = new(StringComparer.Ordinal))[stored.Name] = stored;

        public void Remove(StoredObject stored)
        {
            if (_objects.TryGetValue(stored.Namespace, out var names) && names.Remove(stored.Name) && names.Count == 0)
            {
                _objects.Remove(stored.Namespace);
            }
        }

        public void Publish(Change change)
        {
            if (_history.Count >= HistoryLimit)
            {
                Compacted = _history[(HistoryLimit / 2) - 1].Version;
                _history.RemoveRange(0, HistoryLimit / 2);
            }

            _history.Add(change);
            foreach (var watcher in Watchers)
            {
                watcher.Writer.TryWrite(change);
            }
        }

        public void Replay(long since, ChannelWriter<Change> writer)
        {
            var (low, high) = (0, _history.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = _history[middle].Version > since ? (low, middle) : (middle + 1, high);
            }

            for (; low < _history.Count; low++)
            {
                writer.TryWrite(_history[low]);
            }
        }

        public void Forget() => _history.Clear();
    }
}
