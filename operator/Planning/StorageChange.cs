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
    public override string Describe() => string.Join("; ", Rses.Select(r => Fields.TryGetValue(r.Name, out var f) && f.Count > 0 ? $"update RSE {r.Name}: {string.Join(", ", f)}" : $"create RSE {r.Name}"));
}

public sealed record ImportDistances(IReadOnlyList<(string Source, string Destination, int Distance)> Pairs) : StorageChange
{
    public override string Describe() => Pairs.Count == 1
        ? $"set distance {Pairs[0].Source} → {Pairs[0].Destination} to {Pairs[0].Distance}"
        : $"set {Pairs.Count} distances from {Pairs[0].Source} → {Pairs[0].Destination} on";
}

public sealed record RemoveProtocol(string Name, string Scheme, string Hostname, int Port) : StorageChange
{
    public override string Rse => Name;
    public override string Describe() => $"remove protocol {Scheme}://{Hostname}:{Port} from RSE {Name}";
}

public sealed record RemoveAttribute(string Name, string Key) : StorageChange
{
    public override string Rse => Name;
    public override string Describe() => $"remove attribute {Key} from RSE {Name}";
}

public sealed record DeleteRse(string Name) : StorageChange
{
    public override string Rse => Name;
    public override string Describe() => $"delete RSE {Name}";
}

/// <summary>Condition types of a StorageElement besides Ready, Reconciling, Stalled.</summary>
public static class StorageConditions
{
    public const string RseReady = nameof(RseReady);
    public const string DistancesReady = nameof(DistancesReady);

    /// <summary>Daemons that read the list of RSEs once know this one; beside the way to Ready, and absent where there is no such daemon.</summary>
    public const string Served = nameof(Served);

    /// <summary>Rucio knows how full the storage is, which its reaper needs; absent where that makes no difference.</summary>
    public const string SpaceKnown = nameof(SpaceKnown);
    public const string Drifted = nameof(Drifted);

    /// <summary>Only with <c>credentialsSecretRef</c>.</summary>
    public const string CredentialsReady = nameof(CredentialsReady);
    /// <summary>With <c>spec.check.endpoints</c>; beside the way to Ready.</summary>
    public const string EndpointsReachable = nameof(EndpointsReachable);

    public static readonly IReadOnlyList<string> All = [RseReady, DistancesReady];
}
