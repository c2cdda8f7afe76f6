using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning.Checks;

/// <summary>
/// The fixed list. What it reaches for is real: another VO of the instance, its storages, accounts and, where it has one, a
/// rule. Nothing on it does harm if it works: the one write goes to an option that nobody reads.
/// </summary>
/// <remarks>
/// Not on it: locks of a rule whose random id somebody gave away (lib/rucio/gateway/lock.py asks for no permission), and
/// <c>PUT /identities</c>, which makes a row before it asks (the public API has no such endpoint).
/// </remarks>
public static class IsolationAttempts
{
    /// <param name="others">All VOs of the instance, the base VO among them.</param>
    /// <param name="foreignRule">Id of a rule of <see cref="Target"/>; null: none is known.</param>
    public static IReadOnlyList<IsolationAttempt> For(ObservedVo vo, IEnumerable<ObservedVo> others, string? foreignRule)
    {
        var target = Target(vo, others);
        var (accounts, storages, scopes) = (Only(target.Accounts.Keys, vo.Accounts.Keys), Only(Storages(target), Storages(vo)), Only(target.Scopes.Keys, vo.Scopes.Keys));
        var (account, storage) = (accounts.Order(StringComparer.Ordinal).FirstOrDefault(), storages.Order(StringComparer.Ordinal).FirstOrDefault());
        var suffixed = E($"root@{target.Tag}");
        var option = $"config/rucio-operator/isolation-{vo.Tag}";
        return
        [
            new LoginAttempt("log in as super_root", "super_root", BaseVo.Tag),
            .. target.Tag == BaseVo.Tag ? (IsolationAttempt[])[] : [new LoginAttempt("log in as root of another VO", "root", target.Tag)],
            new LoginAttempt("log in with another VO in the account's name", $"root@{target.Tag}", vo.Tag),

            new CallAttempt("read an account by another VO in its name", AttemptAt.Public, "GET", $"accounts/{suffixed}"),
            new CallAttempt("read identities by another VO in the account's name", AttemptAt.Public, "GET", $"accounts/{suffixed}/identities"),
            .. account is null ? (IsolationAttempt[])[] :
            [
                new CallAttempt("read an account of another VO", AttemptAt.Public, "GET", $"accounts/{E(account)}"),
                new CallAttempt("read an account of another VO by naming that VO in a header", AttemptAt.Public, "GET", $"accounts/{E(account)}") { AsVo = target.Tag },
            ],
            .. storage is null ? (IsolationAttempt[])[] :
            [
                new CallAttempt("read a storage of another VO", AttemptAt.Public, "GET", $"rses/{E(storage)}"),
                new CallAttempt("read a storage of another VO by naming that VO in a header", AttemptAt.Public, "GET", $"rses/{E(storage)}") { AsVo = target.Tag },
            ],
            .. foreignRule is null ? (IsolationAttempt[])[] :
            [
                new CallAttempt("read a rule of another VO", AttemptAt.Public, "GET", $"rules/{foreignRule}"),
                new CallAttempt("analyse a rule of another VO", AttemptAt.Public, "GET", $"rules/{foreignRule}/analysis"),
                // Without an option nothing changes even if it is taken.
                new CallAttempt("update a rule of another VO", AttemptAt.Public, "PUT", $"rules/{foreignRule}") { Body = """{"options": {}}""" },
            ],
            new ListAttempt("list accounts of another VO", AttemptAt.Public, "accounts/", "account", accounts),
            new ListAttempt("list storages of another VO", AttemptAt.Public, "rses/", "rse", storages),
            new ListAttempt("list scopes of another VO", AttemptAt.Public, "scopes/", null, scopes),

            .. from at in (AttemptAt[])[AttemptAt.Public, AttemptAt.Admin]
               from attempt in Global(at, option)
               select attempt,
            new CallAttempt("read transfer limits", AttemptAt.Public, "GET", "requests/transfer_limits"),
            new CallAttempt("count the transfers of all VOs", AttemptAt.Public, "GET", "requests/metrics"),
            new CallAttempt("read whose an identity is", AttemptAt.Public, "GET", $"identities/accounts?identity_key={suffixed}&type=userpass"),
            new CallAttempt("import", AttemptAt.Public, "POST", "import") { Body = "{}" },
            new CallAttempt("export", AttemptAt.Public, "GET", "export"),
        ];
    }

    private static IEnumerable<IsolationAttempt> Global(AttemptAt at, string option)
    {
        var where = at == AttemptAt.Admin ? " through the operator's API" : "";
        yield return new CallAttempt($"write the instance's configuration{where}", at, "PUT", $"{option}/tried") { Undo = option };
        yield return new CallAttempt($"read the instance's configuration{where}", at, "GET", "config");
        yield return new CallAttempt($"read heartbeats{where}", at, "GET", "heartbeats");
        yield return new CallAttempt($"list VOs{where}", at, "GET", "vos/");
    }

    /// <summary>Whom it is tried on: the VO with most to lose, in a new instance the base VO.</summary>
    public static ObservedVo Target(ObservedVo vo, IEnumerable<ObservedVo> others) =>
        others.Where(o => o.Exists && o.Tag != vo.Tag).OrderByDescending(o => o.Tag != BaseVo.Tag).ThenByDescending(o => o.Rses.Count + o.Accounts.Count + o.Scopes.Count).ThenBy(o => o.Tag, StringComparer.Ordinal).FirstOrDefault()
        ?? ObservedVo.Absent(BaseVo.Tag);

    private static IEnumerable<string> Storages(ObservedVo vo) => vo.Rses.Values.Where(r => !r.Deleted).Select(r => r.Name);

    private static HashSet<string> Only(IEnumerable<string> theirs, IEnumerable<string> ours) => theirs.Except(ours, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);

    private static string E(string segment) => Uri.EscapeDataString(segment);
}
