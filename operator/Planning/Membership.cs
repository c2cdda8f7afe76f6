using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Observed.Scim;
using RucioOperator.Runtime;

namespace RucioOperator.Planning;

/// <summary>What membership is decided on.</summary>
/// <param name="Issuer">URL.</param>
/// <param name="Issuers">URLs of all issuers whose tokens this Rucio takes.</param>
/// <param name="People">Null: not read yet.</param>
/// <param name="AccountLimit">Of all accounts of the VO.</param>
public sealed record MembershipFacts(VirtualOrganisationSpec Vo, string Issuer, IReadOnlySet<string> Issuers, ScimPeople? People, ObservedVo Observed, int? AccountLimit = null)
{
    public MembershipSpec Spec => Vo.Membership!;
}

/// <summary>Pure: the people of an issuer as accounts of a VO.</summary>
/// <param name="Accounts">To have, besides those of the spec; none in a dry run.</param>
/// <param name="Held">Made by the sync before, and for now nobody decides about them: left as they are.</param>
/// <param name="Wanted">As <paramref name="Accounts"/>, also in a dry run.</param>
/// <param name="Status">Null: nothing was read yet.</param>
/// <param name="Problem">Why not all is as the issuer has it.</param>
public sealed record Membership(IReadOnlyList<AccountSpec> Accounts, IReadOnlySet<string> Held, IReadOnlyList<AccountSpec> Wanted, MembershipStatus? Status, Problem? Problem = null)
{
    /// <summary>Account attribute with <see cref="MemberNames.Mark"/>: survives renaming, leaving, and a cluster made anew.</summary>
    public const string MarkAttribute = "rucio-operator-member";

    /// <summary>Reasons, beside those of <see cref="ScimFailure"/>.</summary>
    public const string IssuerNotOffered = nameof(IssuerNotOffered);
    public const string GroupNotGranted = nameof(GroupNotGranted);
    public const string GroupNotFound = nameof(GroupNotFound);
    public const string TooManyLeaving = nameof(TooManyLeaving);
    public const string AccountLimitReached = nameof(AccountLimitReached);

    /// <summary>So many may always leave, whatever the percentage: it says little of a small group.</summary>
    private const int FewLeaving = 3;
    private const int MostSkipped = 20;

    /// <summary>Nobody decides: the issuer can't be asked, or may not be.</summary>
    public static Membership Unknown(VirtualOrganisationSpec vo, ObservedVo observed, Problem? problem = null) => new([], Made(vo, observed).Keys.ToHashSet(), [], null, problem);

    public static Membership For(MembershipFacts facts)
    {
        var (spec, vo) = (facts.Spec, facts.Vo);
        var made = Made(vo, facts.Observed);
        if (facts.People is not { } people)
        {
            return Unknown(vo, facts.Observed);
        }
        if (spec.Groups.FirstOrDefault(g => g.Name != MemberGroup.Everybody && !people.Groups.Contains(g.Name)) is { } missing)
        {
            return Unknown(vo, facts.Observed, new(VoConditions.MembershipSynced, GroupNotFound, $"spec.membership.groups: issuer {spec.Issuer} has no group {missing.Name}; until it does, nobody joins or leaves"));
        }
        var skipped = new List<string>();
        var wanted = new MemberAccounts(facts, skipped).All();
        var joining = wanted.Where(a => facts.Observed.Accounts.GetValueOrDefault(a.Name)?.Status != "ACTIVE").ToList();
        var names = wanted.Select(a => a.Name).ToHashSet();
        var leaving = made.Where(m => m.Value.Status == "ACTIVE" && !names.Contains(m.Key)).Select(m => m.Key).ToHashSet();
        var status = new MembershipStatus { Members = wanted.Count, Joining = joining.Count, Leaving = leaving.Count, Revision = Revision(facts.Issuer, wanted), Skipped = skipped.Count == 0 ? null : [.. skipped.Take(MostSkipped)] };
        if (spec.Mode == MembershipMode.DryRun)
        {
            return new([], made.Keys.ToHashSet(), wanted, status);
        }
        var active = made.Values.Count(a => a.Status == "ACTIVE");
        var stop = IsTooMany(leaving.Count, active, spec.MaxLeavingPercent)
            ? new Problem(VoConditions.MembershipSynced, TooManyLeaving, $"{leaving.Count} of {active} accounts would be suspended at once, and that looks like an error at the issuer: none is. If it is right, raise spec.membership.maxLeavingPercent ({spec.MaxLeavingPercent}; 100 switches the stop off) until it is done")
            : null;
        var held = stop is null ? [] : leaving;
        // Those who are in stay in.
        var room = Math.Max((facts.AccountLimit ?? int.MaxValue) - (vo.Accounts?.Count ?? 0) - held.Count, wanted.Count - joining.Count);
        if (wanted.Count <= room)
        {
            return new(wanted, held, wanted, status, stop);
        }
        var fitting = wanted.Except(joining).Concat(joining).Take(room).ToList();
        held.UnionWith(wanted.Except(fitting).Select(a => a.Name).Where(made.ContainsKey));
        return new(fitting, held, wanted, status, stop ?? new(VoConditions.MembershipSynced, AccountLimitReached,
            $"{wanted.Count} members and {vo.Accounts?.Count ?? 0} accounts of the spec, the RucioInstance allows {facts.AccountLimit} (spec.tenancy.limits.accounts): {wanted.Count - fitting.Count} wait"));
    }

    /// <summary>One person in two VOs is no trouble of either: an identity that another VO has is left to it.</summary>
    public static DesiredVo LeaveTaken(DesiredVo desired, ObservedVo observed)
    {
        if (desired.Membership is not { } membership || desired.Taken.Count == 0)
        {
            return desired;
        }
        var members = membership.Accounts.Select(a => a.Name).ToHashSet();
        var left = new List<string>();
        var accounts = desired.Accounts.Select(a => members.Contains(a.Name) ? a with { Identities = [.. (a.Identities ?? []).Where(i => !IsOthers(a, i))] } : a).ToList();
        return left.Count == 0 ? desired : desired with
        {
            Accounts = accounts,
            Membership = membership with { Status = membership.Status! with { Skipped = [.. (membership.Status.Skipped ?? []).Concat(left).Take(MostSkipped)] } },
        };

        bool IsOthers(AccountSpec account, IdentitySpec identity)
        {
            var others = WantedIdentities.Of(account with { Identities = [identity] }, desired, []).Any(i => desired.Taken.Contains(i) && observed.Accounts.GetValueOrDefault(account.Name)?.Identities.Contains(i) != true);
            if (others)
            {
                left.Add($"{account.Name}: an identity of type {identity.Type} is in use elsewhere in this Rucio");
            }
            return others;
        }
    }

    private static bool IsTooMany(int leaving, int active, int percent) =>
        percent < 100 && leaving > 0 && (leaving == active || leaving > FewLeaving && leaving * 100 > active * percent);

    /// <summary>Accounts that a sync of this VO has made, and the spec does not list by itself.</summary>
    private static Dictionary<string, ObservedAccount> Made(VirtualOrganisationSpec vo, ObservedVo observed)
    {
        var listed = (vo.Accounts ?? []).Select(a => a.Name).ToHashSet();
        return observed.Accounts.Where(a => a.Value.Attributes.ContainsKey(MarkAttribute) && !listed.Contains(a.Key)).ToDictionary();
    }

    private static string Revision(string issuer, IReadOnlyList<AccountSpec> accounts)
    {
        var text = string.Join('\n', accounts.Select(a => string.Join('\t', [issuer, a.Name, a.Email ?? "", a.Admin ? "admin" : "",
            .. (a.Attributes ?? new Dictionary<string, string>()).OrderBy(x => x.Key, StringComparer.Ordinal).Select(x => $"{x.Key}={x.Value}"),
            .. (a.Identities ?? []).Select(i => $"{i.Type} {i.Subject}{i.Dn}{i.PublicKey} {i.Issuer}"),
            .. (a.Quotas ?? []).Select(q => $"{q.RseExpression} {q.Bytes} {q.Total}")])));
        return Digest.Of(text, 12);
    }
}
