using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Who leaves, and what is known of how the operator gets in.</summary>
/// <param name="RootIdentity">The operator's own on root.</param>
public sealed record LeavingVo(VirtualOrganisationSpec Spec, VoReach Reach, string RootIdentity);

/// <summary>
/// Pure: what is left to do until nobody works in a VO any more. In this order: nobody gets in, nothing is made, nothing is
/// written or deleted; and root, the operator's way in, when all else is done. Nothing is deleted: Rucio can't delete a VO.
/// </summary>
public static class OffboardPlan
{
    public static IReadOnlyList<VoChange> For(LeavingVo leaving, ObservedVo observed)
    {
        if (!observed.Exists)
        {
            return [];
        }
        List<VoChange> work = [.. Accounts(leaving, observed), .. Subscriptions(observed), .. Storages(observed)];
        if (leaving.Spec.Tag == BaseVo.Tag || leaving.Reach == VoReach.Given)
        {
            // Root is the instance's own, or somebody else's.
            return work;
        }
        var root = observed.Accounts.GetValueOrDefault("root")?.Identities ?? [];
        var open = root.Any(i => i is { Type: "USERPASS" } && i.Identity == leaving.RootIdentity);
        return (work.Count > 0, open) switch
        {
            (true, false) => [new RecoverRoot(leaving.Spec.Tag, leaving.RootIdentity), .. work],
            (true, true) => work,
            // Its own last: without it nobody is there to take the others off.
            (false, true) => [.. root.Where(i => i.Identity != leaving.RootIdentity && (observed.CreatedByOperator || VoRootPart.IsOperators(i, leaving.Spec.Tag))).Select(i => new UnmapRootIdentity(i.Identity, i.Type)), new UnmapRootIdentity(leaving.RootIdentity, "USERPASS")],
            _ => [],
        };
    }

    private static IEnumerable<VoChange> Accounts(LeavingVo leaving, ObservedVo observed)
    {
        var mine = (leaving.Spec.Accounts ?? []).Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        // In a VO that somebody else made, others may have accounts of their own.
        var accounts = observed.Accounts.Values.Where(a => a.Name is not ("root" or "super_root") && (observed.CreatedByOperator || mine.Contains(a.Name))).OrderBy(a => a.Name, StringComparer.Ordinal).ToList();
        return
        [
            .. accounts.Where(a => a.Status == "ACTIVE").Select(a => new SetAccount(a.Name, "status", "SUSPENDED")),
            .. accounts.SelectMany(a => a.Identities.Select(i => new CloseIdentity(a.Name, i.Identity, i.Type))),
        ];
    }

    /// <summary>They need nobody to log in: each new dataset would still get its rules.</summary>
    private static IEnumerable<VoChange> Subscriptions(ObservedVo observed) =>
        observed.Subscriptions.Where(s => s.IsActive && (observed.CreatedByOperator || SubscriptionDocument.IsOurs(s.Rules)))
            .OrderBy(s => s.Name, StringComparer.Ordinal).ThenBy(s => s.Owner, StringComparer.Ordinal).Select(s => new DeactivateSubscription(s.Name, s.Owner));

    private static IEnumerable<VoChange> Storages(ObservedVo observed) =>
        observed.Rses.Values.Where(r => r is { Deleted: false } and ({ Read: true } or { Write: true } or { Delete: true })).OrderBy(r => r.Name, StringComparer.Ordinal).Select(r => new CloseStorage(r.Name));
}

/// <summary>Of an account that leaves with its VO.</summary>
public sealed record CloseIdentity(string Account, string Identity, string Type) : VoChange(VoConditions.Offboarded)
{
    public override string Describe() => $"unmap a {Type} identity from account {Account}";
}

/// <summary>Nothing is read, written or deleted there any more.</summary>
public sealed record CloseStorage(string Rse) : VoChange(VoConditions.Offboarded)
{
    public override string Describe() => $"make storage {Rse} unavailable";
}

/// <summary>What Rucio keeps of a VO that left.</summary>
/// <param name="Rules">Null: nobody could count them.</param>
public sealed record Remains(int Accounts, int Scopes, int Storages, long Files, long Bytes, long? Rules)
{
    public override string ToString() => $"{Accounts} accounts, {Scopes} scopes, {Storages} storages with {Files} files ({Bytes} bytes){(Rules is { } rules ? $", {rules} rules" : "")}";
}
