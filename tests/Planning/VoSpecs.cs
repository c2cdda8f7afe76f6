using CsCheck;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

/// <summary>Random VOs, random catalogues, and what Rucio and the catalogue make of each change.</summary>
internal static class VoSpecs
{
    public const string Claimant = "ns/sky";
    public const string RootIdentity = "operator-abcdefgh@sky";
    public const string RootPassword = "SECRET-root-0123456789";
    public const string NextIdentity = "operator-nextnext@sky";
    public const string NextPassword = "SECRET-next-0123456789";
    public const string Package = "rucio_tenant_policy";
    private const string Published = "root@sky";

    private static readonly Gen<string> Name = Gen.OneOf("alice", "bob", "carol");
    private static readonly Gen<string> RseName = Gen.OneOf("A", "B", "C");

    private static readonly Gen<IdentitySpec> Identity = Gen.OneOf(
        new IdentitySpec { Type = IdentityType.X509, Dn = "CN=someone" }, new IdentitySpec { Type = IdentityType.X509, Dn = "/O=x/CN=else" }, new IdentitySpec { Type = IdentityType.Oidc, Subject = "s", Issuer = "https://i.example.org/" });

    private static readonly Gen<AccountSpec> Account = Gen.Select(Gen.Select(Name, Gen.OneOf(AccountType.User, AccountType.Service), Gen.OneOf(null, "x@example.org")), Gen.Select(Gen.Bool, Gen.OneOf(false, false, true)),
        Gen.Select(Gen.OneOf(Gen.Const("*"), RseName, Gen.Const("A|B"), Gen.Const(@"*\C")), Gen.OneOf("1Ti", "unlimited"), Gen.OneOf(null, "2Ti", "unlimited")).List[0, 2], Gen.Select(Identity.List[0, 2], Gen.OneOf("1", "2").List[0, 1]),
        (head, flags, quotas, more) => new AccountSpec
        {
            Name = head.Item1,
            Type = head.Item2,
            Email = head.Item3,
            Admin = flags.Item1,
            Suspended = flags.Item2,
            Identities = more.Item1,
            Attributes = more.Item2.ToDictionary(_ => "tier"),
            Quotas = [.. quotas.DistinctBy(q => q.Item1).Select(q => new QuotaSpec { RseExpression = q.Item1, Bytes = q.Item2, Total = q.Item3 })],
        });

    public static readonly Gen<DesiredVo> Desired = Gen.Select(Account.List[0, 3], Gen.Select(Gen.OneOf("data", "user.x"), Name).List[0, 2], Gen.OneOf(null, "text"), Gen.Bool, Gen.Bool, Gen.Bool,
        (accounts, scopes, description, granted, gone, login) =>
        {
            accounts = [.. accounts.DistinctBy(a => a.Name)];
            var spec = new VirtualOrganisationSpec
            {
                Tag = "sky",
                Description = description,
                Accounts = accounts,
                Scopes = [.. scopes.DistinctBy(s => s.Item1).Select(s => new ScopeSpec { Name = s.Item1, Owner = accounts.Exists(a => a.Name == s.Item2) ? s.Item2 : "root" })],
            };
            spec = (granted, login) switch
            {
                (true, true) => spec with { LongName = "skyview", RootMappings = RootMappings.Exclusive },
                (true, _) => spec with { LongName = "survey" },
                _ => spec,
            };
            return new DesiredVo(spec, Claimant, granted, gone, Package, RootIdentity, RootPassword, login ? accounts.ToDictionary(a => a.Name, a => $"SECRET-{a.Name}-0123456789") : [])
            {
                NextRoot = gone ? new(NextIdentity, NextPassword) : null,
                FormerLongName = login ? "survey" : null,
                Taken = gone ? new HashSet<ObservedIdentity> { new("CN=someone", "X509") } : [],
            };
        });

    private static readonly Gen<PasswordHash> Hash = Gen.OneOf("password", "other", RootPassword, NextPassword).Select(Of);

    private static readonly Gen<ObservedAccount> ObservedAccount = Gen.Select(Name, Gen.OneOf("USER", "SERVICE"), Gen.OneOf("ACTIVE", "SUSPENDED", "DELETED"), Gen.Select(Gen.Bool, Gen.OneOf(null, AccountMark.Made, AccountMark.Listed)), Gen.Select(Gen.Bool, Gen.Bool), RseName.List[0, 2],
        (name, type, status, attributes, mapped, limits) => new ObservedAccount(name, type, status, "y@example.org")
        {
            Attributes = ((IEnumerable<(string, string?)>)[("admin", attributes.Item1 ? "true" : null), ("tier", attributes.Item1 ? "1" : null), (AccountMark.Attribute, attributes.Item2)]).Where(a => a.Item2 is not null).ToDictionary(a => a.Item1, a => a.Item2!),
            Identities = [.. mapped.Item1 ? (ObservedIdentity[])[new($"{name}@sky", "USERPASS")] : [], .. mapped.Item2 ? (ObservedIdentity[])[new("CN=someone", "X509")] : []],
            Limits = limits.Distinct().ToDictionary(rse => rse, _ => 7L),
            Totals = limits.Distinct().ToDictionary(rse => $"{rse}|B", _ => 7L),
        });

    private static readonly Gen<ObservedIdentity> RootMapping = Gen.OneOf(new ObservedIdentity(RootIdentity, "USERPASS"), new ObservedIdentity(NextIdentity, "USERPASS"), new ObservedIdentity(Published, "USERPASS"), new ObservedIdentity("ddmlab", "USERPASS"), new ObservedIdentity("CN=someone", "X509"));

    public static readonly Gen<ObservedVo> Catalogue = Gen.Select(Gen.Select(Gen.Bool, Gen.Bool, Gen.OneOf(null, Claimant, "ns/other"), Gen.OneOf(null, Package, "other_policy")),
        ObservedAccount.List[0, 3], RootMapping.List[0, 3], Gen.Select(Gen.OneOf(Published, RootIdentity, NextIdentity, "alice@sky"), Hash).List[0, 3], RseName.List[0, 3], Gen.Select(Gen.OneOf("data", "user.x"), Name).List[0, 2],
        (head, accounts, mappings, rows, rses, scopes) =>
        {
            var (exists, created, claim, package) = head;
            // What is held by whom follows from what is there at all: no more generators than the library takes.
            var names = new Dictionary<string, string>();
            if (mappings.Count > 0)
            {
                names[created ? "survey" : "skyview"] = exists ? "sky" : "sea";
            }
            var vo = new ObservedVo("sky") { Exists = exists, CreatedByOperator = created, Claim = claim, PolicyPackage = package, LongNames = names, Passwords = rows.DistinctBy(r => r.Item1).ToDictionary(r => r.Item1, r => r.Item2) };
            return !exists ? vo : vo with
            {
                Accounts = accounts.DistinctBy(a => a.Name).Append(new ObservedAccount("root", "SERVICE", "ACTIVE", "") { Identities = [.. mappings.Distinct()] }).ToDictionary(a => a.Name),
                Rses = rses.Distinct().ToDictionary(r => r, r => new ObservedRse(r, $"id-{r}")),
                Scopes = scopes.DistinctBy(s => s.Item1).ToDictionary(s => s.Item1, s => s.Item2),
            };
        });

    /// <summary>With what Rucio refuses.</summary>
    public static ObservedVo Apply(ObservedVo vo, DesiredVo desired, VoChange change) => change switch
    {
        AddAccountAttribute c when vo.Accounts[c.Account] is var a && (a.Status != "ACTIVE" || a.Attributes.ContainsKey(c.Key)) => throw new InvalidOperationException($"Rucio refuses to {c}"),
        MapIdentity c when vo.Accounts[c.Account].Status != "ACTIVE" || desired.Taken.Contains(c.Identity) => throw new InvalidOperationException($"refused: {c}"),
        _ => VoEffects.Apply(vo, desired, change, "super-user"),
    };

    internal static ObservedSubscription Kept(SubscriptionSpec s) => VoEffects.Kept(s, "sky");

    private static PasswordHash Of(string password) => new(PasswordHash.Of(password, [1, 2, 3]), [1, 2, 3]);
}
