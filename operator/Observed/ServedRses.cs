using System.Collections.Concurrent;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>
/// Which RSEs the daemons of each instance know that read the list once, at start. Kept in memory: after a restart the
/// Deployments tell the hash of their list, and until it is the present one again nothing is known of a single RSE.
/// </summary>
public sealed class ServedRses
{
    private readonly ConcurrentDictionary<ObjectKey, Entry> _instances = new();

    /// <summary>When the catalogue's RSEs became this list, as far as was seen.</summary>
    public DateTimeOffset Seen(ObjectKey instance, string hash, IReadOnlySet<string> ids, DateTimeOffset now)
    {
        var entry = _instances.GetOrAdd(instance, _ => new Entry());
        lock (entry)
        {
            if (entry.Hash != hash)
            {
                (entry.Hash, entry.Since) = (hash, now);
            }
            entry.Lists[hash] = ids;
            return entry.Since;
        }
    }

    /// <summary>All of them run with the list of this hash.</summary>
    /// <returns>Somebody's answer to <see cref="Knows"/> changed.</returns>
    public bool RolledOut(ObjectKey instance, string hash)
    {
        var entry = _instances.GetOrAdd(instance, _ => new Entry());
        lock (entry)
        {
            var before = (entry.Needed, entry.Served);
            if (entry.Lists.TryGetValue(hash, out var ids))
            {
                entry.Served = ids;
            }
            entry.Needed = true;
            // Lists of neither now nor then are nobody's any more.
            foreach (var old in entry.Lists.Keys.Where(h => h != hash && h != entry.Hash).ToList())
            {
                entry.Lists.Remove(old);
            }
            return before != (entry.Needed, entry.Served);
        }
    }

    /// <summary>The instance runs no daemon that reads the list once.</summary>
    public bool NotNeeded(ObjectKey instance)
    {
        var entry = _instances.GetOrAdd(instance, _ => new Entry());
        lock (entry)
        {
            var changed = entry.Needed != false;
            (entry.Needed, entry.Served) = (false, null);
            return changed;
        }
    }

    /// <summary>Null: not known.</summary>
    public ServedState? Of(ObjectKey instance, string rseId)
    {
        if (!_instances.TryGetValue(instance, out var entry))
        {
            return null;
        }
        lock (entry)
        {
            return entry.Needed switch
            {
                false => ServedState.NotNeeded,
                true when entry.Served is { } ids => ids.Contains(rseId) ? ServedState.Served : ServedState.Waiting,
                _ => null,
            };
        }
    }

    public static string HashOf(IEnumerable<string> ids) =>
        Digest.Of(string.Join('\n', ids.Order(StringComparer.Ordinal)), 16);

    private sealed class Entry
    {
        public string? Hash { get; set; }
        public DateTimeOffset Since { get; set; }
        public Dictionary<string, IReadOnlySet<string>> Lists { get; } = new(StringComparer.Ordinal);
        public bool? Needed { get; set; }
        public IReadOnlySet<string>? Served { get; set; }
    }
}

public enum ServedState { NotNeeded, Waiting, Served }
