using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Observed.Scim;

namespace RucioOperator.Planning;

/// <summary>Each member's account: whose it is, what it is called, who logs in to it, what it gets.</summary>
internal sealed class MemberAccounts(MembershipFacts facts, List<string> skipped)
{
    private readonly HashSet<string> _taken = [.. (facts.Vo.Accounts ?? []).Select(a => a.Name), "root", "super_root"];
    private readonly HashSet<string> _logins = [];
    private readonly Dictionary<string, string> _byMark = Index(facts, a => a.Attributes.TryGetValue(Membership.MarkAttribute, out var mark) ? [mark] : []);
    private readonly Dictionary<string, string> _byToken = Index(facts, a => a.Status == "ACTIVE" && !a.Attributes.ContainsKey(Membership.MarkAttribute) ? a.Identities.Where(i => i.Type == "OIDC").Select(i => i.Identity) : []);

    /// <summary>In order of name.</summary>
    public IReadOnlyList<AccountSpec> All()
    {
        var members = facts.People!.Users.Where(u => u.Active)
            .Select(u => (User: u, Groups: facts.Spec.Groups.Where(g => g.Name == MemberGroup.Everybody || u.Groups.Contains(g.Name)).ToList()))
            .Where(m => m.Groups.Count > 0).OrderBy(m => m.User.Id, StringComparer.Ordinal).ToList();
        var listed = (facts.Vo.Accounts ?? []).SelectMany(a => a.Identities ?? []).Where(i => i.Type == IdentityType.Oidc && IsOfThisIssuer(i)).Select(i => i.Subject).ToHashSet();
        // By its login, or because the spec has taken over what the sync had made.
        var ofSpec = members.ToLookup(m => listed.Contains(m.User.Id) || _byMark.TryGetValue(MemberNames.Mark(facts.Issuer, m.User.Id), out var name) && _taken.Contains(name));
        var own = ofSpec[false].ToList();
        skipped.AddRange(ofSpec[true].Select(m => $"{MemberNames.Of(m.User.UserName)}: listed in spec.accounts"));
        // Who has an account keeps it, whatever newcomers are called.
        var existing = own.ToDictionary(m => m.User.Id, m => Existing(m.User));
        _taken.UnionWith(existing.Values.OfType<string>());
        var accounts = own.OrderBy(m => existing[m.User.Id] is null).ThenBy(m => m.User.Id, StringComparer.Ordinal)
            .Select(m => Account(m.User, existing[m.User.Id] ?? NewName(m.User), m.Groups)).ToList();
        return [.. accounts.OrderBy(a => a.Name, StringComparer.Ordinal)];
    }

    /// <summary>By name, by URL, or because there is no other.</summary>
    private bool IsOfThisIssuer(IdentitySpec identity) => identity.Issuer is { } issuer ? issuer == facts.Issuer || issuer == facts.Spec.Issuer : facts.Issuers.Count == 1;

    /// <summary>By the mark, or by the identity where somebody made the account before this sync.</summary>
    private string? Existing(ScimUser user) =>
        (_byMark.GetValueOrDefault(MemberNames.Mark(facts.Issuer, user.Id)) ?? _byToken.GetValueOrDefault(IdentityText.Oidc(user.Id, facts.Issuer))) is { } name && !_taken.Contains(name) ? name : null;

    /// <summary>The first by name, should there be several.</summary>
    private static Dictionary<string, string> Index(MembershipFacts facts, Func<ObservedAccount, IEnumerable<string>> keys) => facts.Observed.Accounts.Values
        .OrderBy(a => a.Name, StringComparer.Ordinal).SelectMany(a => keys(a).Select(key => (Key: key, a.Name))).DistinctBy(a => a.Key).ToDictionary(a => a.Key, a => a.Name, StringComparer.Ordinal);

    /// <summary>An account that nobody marked is somebody else's, and never taken for its name alone.</summary>
    private string NewName(ScimUser user)
    {
        var (name, mark) = (MemberNames.Of(user.UserName), MemberNames.Mark(facts.Issuer, user.Id));
        for (var n = 0; _taken.Contains(name) || facts.Observed.Accounts.ContainsKey(name); n++)
        {
            name = MemberNames.Of(user.UserName, n == 0 ? mark : $"{mark}{n}");
        }
        _taken.Add(name);
        return name;
    }

    private AccountSpec Account(ScimUser user, string name, List<MemberGroup> groups) => new()
    {
        Name = name,
        // Rucio can't change a type.
        Type = facts.Observed.Accounts.GetValueOrDefault(name) is { } have && Enum.TryParse<AccountType>(have.Type, ignoreCase: true, out var type) ? type : user.IsService ? AccountType.Service : AccountType.User,
        Email = user.Email is { Length: <= 255 } email && Api.Validation.Forms.Email().IsMatch(email) ? email : null,
        Admin = groups.Any(g => g.Admin),
        Attributes = groups.SelectMany(g => g.Attributes ?? new Dictionary<string, string>()).DistinctBy(a => a.Key).Append(new(Membership.MarkAttribute, MemberNames.Mark(facts.Issuer, user.Id))).ToDictionary(),
        Identities = [.. Identities(user, name)],
        Quotas = Quotas(groups),
    };

    private IEnumerable<IdentitySpec> Identities(ScimUser user, string name)
    {
        var types = facts.Spec.Identities ?? [MemberIdentity.Oidc];
        IEnumerable<IdentitySpec> all =
        [
            .. types.Contains(MemberIdentity.Oidc) ? user.Links.Where(l => l.Issuer != facts.Issuer && facts.Issuers.Contains(l.Issuer)).Select(l => new IdentitySpec { Type = IdentityType.Oidc, Subject = l.Subject, Issuer = l.Issuer })
                .Prepend(new IdentitySpec { Type = IdentityType.Oidc, Subject = user.Id, Issuer = facts.Issuer }) : [],
            .. types.Contains(MemberIdentity.X509) ? user.Certificates.Select(dn => new IdentitySpec { Type = IdentityType.X509, Dn = dn }) : [],
            .. types.Contains(MemberIdentity.Ssh) ? user.SshKeys.Select(key => new IdentitySpec { Type = IdentityType.Ssh, PublicKey = key }) : [],
        ];
        foreach (var found in all.Take(16))
        {
            if (MemberIdentities.Usable(found) is not { } identity)
            {
                skipped.Add($"{name}: an identity of type {found.Type} that Rucio can't take");
            }
            else if (_logins.Add($"{identity.Type}\n{identity.Subject}{identity.Dn}{identity.PublicKey}\n{identity.Issuer}"))
            {
                yield return identity;
            }
            else
            {
                skipped.Add($"{name}: an identity of type {identity.Type} that another member has, too");
            }
        }
    }

    /// <summary>Of several for the same storages the larger one.</summary>
    private static List<QuotaSpec> Quotas(List<MemberGroup> groups) =>
        [.. groups.SelectMany(g => g.Quotas ?? []).GroupBy(q => q.RseExpression).Select(same => same.OrderByDescending(q => Quantity.Bytes(q.Bytes) is var bytes && bytes < 0 ? long.MaxValue : bytes).First())];
}
