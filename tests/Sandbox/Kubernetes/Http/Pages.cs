using System.Globalization;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes.Http;

internal sealed record Page(IReadOnlyList<StoredObject> Items, long Version, string? Continue, int Remaining);

/// <summary>Lists in pages. All pages of one list show the state of its first, until that version is compacted.</summary>
internal sealed class Pages(ObjectStore store)
{
    private const int Kept = 64;
    private readonly Dictionary<string, (StoredObject[] Items, long Version)> _snapshots = [];
    private readonly Queue<string> _order = new();
    private int _next;

    public Page Read(ResourceType type, string? ns, Selectors selectors, int limit, string token, string version, string match)
    {
        lock (store.Gate)
        {
            if (token.Length > 0)
            {
                return Next(token, limit);
            }

            if (match == "Exact" && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var exact) && exact <= store.Compacted)
            {
                throw ApiError.Expired($"The resourceVersion for the provided list is too old: {version}");
            }

            var all = store.List(type.Storage, ns);
            var items = (selectors.IsEmpty ? all : all.Where(item => selectors.Match(type.FromStored(item.Node)))).ToArray();
            if (limit == 0 || items.Length <= limit)
            {
                return new(items, store.Version, null, 0);
            }

            var id = (++_next).ToString(CultureInfo.InvariantCulture);
            _snapshots[id] = (items, store.Version);
            _order.Enqueue(id);
            if (_order.Count > Kept)
            {
                _snapshots.Remove(_order.Dequeue());
            }

            return Cut(id, items, store.Version, 0, limit);
        }
    }

    private Page Next(string token, int limit)
    {
        var parts = token.Split('.');
        if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var from))
        {
            throw ApiError.BadRequest("continue key is not valid");
        }

        if (!_snapshots.TryGetValue(parts[0], out var snapshot) || snapshot.Version < store.Compacted)
        {
            throw ApiError.Expired("The provided continue parameter is too old to display a consistent list result. "
                + "You can start a new list without the continue parameter.");
        }

        return Cut(parts[0], snapshot.Items, snapshot.Version, from, limit == 0 ? snapshot.Items.Length : limit);
    }

    private static Page Cut(string id, StoredObject[] items, long version, int from, int limit)
    {
        var end = Math.Min(items.Length, from + limit);
        return new(items[from..end], version, end < items.Length ? $"{id}.{end}" : null, items.Length - end);
    }
}
