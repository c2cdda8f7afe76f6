using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>An RSE as a StorageElement wants it, presets written out.</summary>
public sealed record DesiredRse(string Name)
{
    public string Type { get; init; } = "DISK";
    public bool Deterministic { get; init; } = true;
    public bool Volatile { get; init; }
    public bool StagingArea { get; init; }
    public bool Read { get; init; } = true;
    public bool Write { get; init; } = true;
    public bool Delete { get; init; } = true;
    public IReadOnlyList<ObservedProtocol> Protocols { get; init; } = [];

    /// <summary>Sorted; includes what fields of the spec come to (<c>fts</c>, <c>lfn2pfn_algorithm</c>, …).</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>Null: whatever is set stays, unless an earlier pass set it. Never 0, which an import leaves out.</summary>
    public long? MinFreeSpace { get; init; }

    /// <summary>As an earlier pass set it.</summary>
    public long? FormerMinFreeSpace { get; init; }

    /// <summary>Attributes nobody asked for go, except Rucio's own <c>&lt;RSE name&gt;</c>.</summary>
    public bool ExactAttributes { get; init; }

    /// <summary>Attributes an earlier pass set; those not wanted any more go even where others' are left alone.</summary>
    public IReadOnlyCollection<string> FormerAttributes { get; init; } = [];
}
