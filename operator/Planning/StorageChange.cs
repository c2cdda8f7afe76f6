namespace RucioOperator.Planning;

/// <summary>A change to the storages of one VO.</summary>
public abstract record StorageChange : Change
{
    /// <summary>RSE the change is about; null where it is about many.</summary>
    public virtual string? Rse => null;
}

/// <summary>Creates, revives or corrects whole RSEs in one transaction (<c>/import</c>, mode edit).</summary>
/// <param name="Fields">RSE → what differs, in words; empty for a new one.</param>
public sealed record ImportRses(IReadOnlyList<DesiredRse> Rses, IReadOnlyDictionary<string, IReadOnlyList<string>> Fields) : StorageChange
{
    /// <summary>All that differs in an RSE that is deleted.</summary>
    public const string Deleted = "deleted";

    public override IReadOnlyList<string> Parts => [.. Rses.SelectMany(r => Fields.GetValueOrDefault(r.Name) is { Count: > 0 } fields ? fields.Select(f => f.Split('.', ' ')[0]) : ["rse"])];

    public override string Describe() => string.Join("; ", Rses.Select(r => Fields.GetValueOrDefault(r.Name) switch
    {
        null or [] => $"create RSE {r.Name}",
        [Deleted] => $"bring back RSE {r.Name}, which was deleted",
        var fields => $"update RSE {r.Name}: {string.Join(", ", fields)}",
    }));
}

/// <summary>One transaction as well. A distance of null takes a way off: Rucio passes over such a row (lib/rucio/core/topology.py).</summary>
public sealed record ImportDistances(IReadOnlyList<DistancePair> Pairs) : StorageChange
{
    public override IReadOnlyList<string> Parts => ["distances"];
    public override string Describe() => Pairs is [var (source, destination, distance, _)]
        ? distance is { } d ? $"set distance {source} → {destination} to {d}" : $"remove distance {source} → {destination}"
        : $"{(Pairs.All(p => p.Distance is null) ? "remove" : "set")} {Pairs.Count} distances from {Pairs[0].Source} → {Pairs[0].Destination} on";
}

/// <summary>For a few; nothing is left of the row.</summary>
public sealed record RemoveDistance(DistancePair Pair) : StorageChange
{
    public override IReadOnlyList<string> Parts => ["distances"];
    public override string Describe() => $"remove distance {Pair.Source} → {Pair.Destination}";
}

public sealed record RemoveProtocol(string Name, string Scheme, string Hostname, int Port) : StorageChange
{
    public override string Rse => Name;
    public override IReadOnlyList<string> Parts => ["endpoints"];
    public override string Describe() => $"remove protocol {Scheme}://{Hostname}:{Port} from RSE {Name}";
}

public sealed record RemoveAttribute(string Name, string Key) : StorageChange
{
    public override string Rse => Name;
    public override IReadOnlyList<string> Parts => ["attributes"];
    public override string Describe() => $"remove attribute {Key} from RSE {Name}";
}

public sealed record RemoveMinFreeSpace(string Name) : StorageChange
{
    public override string Rse => Name;
    public override IReadOnlyList<string> Parts => ["minFreeSpace"];
    public override string Describe() => $"remove limit MinFreeSpace from RSE {Name}";
}

public sealed record DeleteRse(string Name) : StorageChange
{
    public override string Rse => Name;
    public override IReadOnlyList<string> Parts => ["rse"];
    public override string Describe() => $"delete RSE {Name}";
}

/// <summary>Condition types of a StorageElement besides Ready, Reconciling, Stalled.</summary>
public static class StorageConditions
{
    /// <summary>The RSE with protocols, attributes and limits is as the spec says.</summary>
    public const string RseReady = nameof(RseReady);

    /// <summary>Distances to and from others are as the VO's policy says.</summary>
    public const string DistancesReady = nameof(DistancesReady);

    /// <summary>Daemons that read the list of RSEs once, at their start, know this one. Not a part of Ready; absent where there is no such daemon.</summary>
    public const string Served = nameof(Served);

    /// <summary>Rucio knows how full the storage is, which its reaper needs. Not a part of Ready; absent where that makes no difference.</summary>
    public const string SpaceKnown = nameof(SpaceKnown);

    /// <summary>There while driftPolicy Report finds something that is not as the spec says.</summary>
    public const string Drifted = nameof(Drifted);

    /// <summary>Only with <c>credentialsSecretRef</c>: Rucio has the keys.</summary>
    public const string CredentialsReady = nameof(CredentialsReady);

    /// <summary>There only while there is something to tell of what is allowed and unwise. Not a part of Ready.</summary>
    public const string Advised = nameof(Advised);

    /// <summary>Only with <c>check.endpoints</c>: the endpoints answer. Not a part of Ready.</summary>
    public const string EndpointsReachable = nameof(EndpointsReachable);

    public static readonly IReadOnlyList<string> All = [RseReady, DistancesReady];
}
