using System.Globalization;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>
/// An RSE that is to go: nothing is written any more, files without a rule are deleted at once, and what rules hold can still
/// be read, so that it can be moved. The operator deletes no rule; people do, or Rucio's rse-decommissioner.
/// </summary>
public static class Draining
{
    public const string Attribute = "decommission";
    public const string Greedy = "greedyDeletion";

    /// <summary>
    /// For rse-decommissioner (daemons/rsedecommissioner/config.py, the same in 38 to 41): suspended, until somebody who knows
    /// where the data shall go sets <c>destination</c> and <c>status=processing</c>. It ignores the last key, which tells whose this is.
    /// </summary>
    public const string Mark = "profile=generic_move,status=suspended,by=rucio-operator";

    private static readonly string[] Ours = [Attribute, Greedy];

    /// <summary>Empty once the RSE is like that.</summary>
    public static IReadOnlyList<StorageChange> Changes(ObservedRse have)
    {
        var wanted = Of(have);
        return StoragePlan.Differences(wanted, have) is { Count: > 0 } fields ? [new ImportRses([wanted], new Dictionary<string, IReadOnlyList<string>> { [have.Name] = fields })] : [];
    }

    /// <summary>Everything else stays as it is, whatever the spec says by now: an import leaves protocols alone that it does not name.</summary>
    private static DesiredRse Of(ObservedRse have) => new(have.Name)
    {
        Type = have.Type,
        Deterministic = have.Deterministic,
        Volatile = have.Volatile,
        StagingArea = have.StagingArea,
        Read = have.Read,
        Write = false,
        Delete = true,
        Attributes = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            // What somebody has set to have the data moved is theirs.
            [Attribute] = have.Attributes.GetValueOrDefault(Attribute) ?? Mark,
            [Greedy] = "true",
        },
    };

    /// <summary>An attribute that this operator set for a storage that was to go, and that is wanted again.</summary>
    public static bool Leaves(ObservedRse have, string attribute) => IsMarked(have) && Ours.Contains(attribute);

    public static bool IsMarked(ObservedRse have) => have.Attributes.GetValueOrDefault(Attribute)?.Contains("by=rucio-operator", StringComparison.Ordinal) == true;

    /// <summary>What a storage that is not empty waits for; first rule that fits wins.</summary>
    public static (string Reason, string Message) Waits(ObservedRse rse, ReplicaCount count)
    {
        var holds = $"RSE {rse.Name} holds {N(count.Files)} files, {N(count.Bytes)} bytes";
        return count switch
        {
            { Locked: > 0 } => ("Draining", $"{holds}; {N(count.Locked.Value)} of them are held by {Rules(count)}: move or delete these. They can still be read{Left(count)}"),
            { Forgotten: > 0 } => ("Draining", $"{holds}{Left(count)}"),
            { Locked: null } => ("Draining", $"{holds}: move or delete the rules that hold them; the reaper takes the rest"),
            // daemons/reaper/reaper.py, _rse_deletion_hostname
            _ when rse.Protocols.All(p => p.Priorities.WanDelete is null) => ("Draining", $"{holds}, and no rule, but none of its endpoints offers delete in its wan priorities: the reaper can't delete them"),
            _ => ("Emptying", $"{holds}, and no rule: the reaper deletes them"),
        };
    }

    private static string Left(ReplicaCount count) => count.Forgotten > 0 ? $"; {N(count.Forgotten.Value)} have neither rule nor tombstone, so that no daemon deletes them: give them a rule elsewhere, or a tombstone" : "";

    private static string Rules(ReplicaCount count) => count switch { { Rules: null } => "rules", { MoreRules: true, Rules: var least } => $"{N(least.Value)} rules or more", { Rules: 1 } => "1 rule", { Rules: var all } => $"{N(all.Value)} rules" };

    private static string N(long number) => number.ToString(CultureInfo.InvariantCulture);
}
