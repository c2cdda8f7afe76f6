using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Tests.Desired;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Tests.Planning;

public sealed class StorageAdviceTests
{
    [Test]
    public void Storages_that_move_files_as_they_should_hear_nothing() => Assert.That(Told(Disk("A"), Disk("B")), Is.Empty);

    [Test]
    public void A_folder_that_does_not_tell_whose_it_is_is_told_of_where_there_are_several_VOs()
    {
        var other = Disk("A") with { Protocols = [Protocol("davs", "/eos/compass/"), Protocol("root", "//eos/data/")] };
        Assert.That(Told(other, Disk("B"))["A"].Single().ToString(), Does.StartWith("spec.endpoints[1].url: //eos/data/ has no folder named like the VO (cmp)").And.EndWith("(PrefixWithoutVo)"));
        Assert.That(Told(f => f with { SeveralVos = false }, other, Disk("B")), Is.Empty);
        Assert.That(Told(Disk("A") with { Protocols = [Protocol("davs", "/CMP-disk/")] }, Disk("B")), Is.Empty);
    }

    [TestCase("X_SCRATCHDISK")]
    [TestCase("X_USERDISK")]
    [TestCase("MOCK")]
    [TestCase("X-LOCALGROUPDISK")]
    public void A_name_that_opens_a_storage_is_told_of_where_Rucios_own_permissions_may_count(string name)
    {
        Assert.That(Told(Disk(name)), Is.Empty, "the tenant policy goes by quotas");
        Assert.That(Reasons(Told(f => f with { OwnPermissions = true }, Disk(name)), name), Is.EqualTo(new[] { "NameIsOpen" }));
        Assert.That(Told(f => f with { OwnPermissions = true }, Disk("MOCK2")), Is.Empty);
    }

    [Test]
    public void Who_lacks_an_FTS_server_is_told_and_its_partner_is_not()
    {
        var without = Disk("A") with { Attributes = new Dictionary<string, string>() };
        var told = Told(without, Disk("C"), Disk("B"));
        Assert.That(told.Keys, Is.EqualTo(new[] { "A" }));
        Assert.That(told["A"].Single().Text, Does.Contain("such as B"));
        Assert.That(Told(Linked([without, without with { Name = "B" }], f => f)), Is.Empty, "nobody has one, and the instance offers none");
        Assert.That(Told(f => f with { OffersFts = true }, without, without with { Name = "B" }).Keys, Is.EqualTo(new[] { "A", "B" }));
    }

    [Test]
    public void Without_a_distance_nothing_should_move()
    {
        var rses = new[] { Disk("A") with { Attributes = new Dictionary<string, string>() }, Disk("B") };
        Assert.That(Told(Linked(rses, f => f with { Observed = f.Observed with { Distances = new Dictionary<(string, string), int>() } })), Is.Empty);
    }

    [Test]
    public void A_copy_needs_a_protocol_for_it_at_each_end_and_a_scheme_in_common()
    {
        var reader = Disk("A") with { Protocols = [Protocol("davs", "/cmp/") with { Priorities = new() { ThirdPartyCopyRead = 1 } }] };
        Assert.That(Told(reader, Disk("B"))["A"].Single().ToString(), Does.StartWith("spec.endpoints: none has wan.thirdPartyCopyWrite, so nothing moves to here").And.Contain("such as B"));
        var told = Told(Disk("A") with { Protocols = [Protocol("root", "//cmp/")] }, Disk("B"));
        Assert.That((Reasons(told, "A"), Reasons(told, "B")), Is.EqualTo((new[] { "NoCommonScheme" }, new[] { "NoCommonScheme" })));
        Assert.That(Told(Disk("A") with { Protocols = [Protocol("srm+https", "/cmp/")] }, Disk("B") with { Protocols = [Protocol("https", "/cmp/")] }), Is.Empty);
    }

    [Test]
    public void Tokens_on_one_side_only_are_told_to_the_other()
    {
        var told = Told(Disk("A") with { Attributes = new Dictionary<string, string> { ["fts"] = "https://fts", ["oidc_support"] = "True" } }, Disk("B"));
        Assert.That(told.Keys, Is.EqualTo(new[] { "B" }));
        Assert.That(Reasons(told, "B"), Is.EqualTo(new[] { "TokensOneSided" }));
    }

    [Test]
    public void Tokens_that_Rucio_cannot_get_or_use_are_told_of_with_the_reason()
    {
        Assert.That(Told(Tokens("A"), Tokens("B")), Is.Empty);
        Assert.That(Reasons(Told(f => f with { NoTokens = "there is no issuer" }, Tokens("A"), Tokens("B")), "A"), Is.EqualTo(new[] { "NoTokenIssuer" }));

        // Both have davs, and the destination's first choice is another.
        var rootFirst = Tokens("A") with { Protocols = [Protocol("root", "//cmp/"), Protocol("davs", "/cmp/") with { Priorities = new() { ThirdPartyCopyRead = 2, ThirdPartyCopyWrite = 2 } }] };
        Assert.That(Told(rootFirst, Tokens("B")), Is.Empty, "the other end knows davs alone");
        var told = Told(rootFirst, rootFirst with { Name = "B" });
        Assert.That(told["A"].Single().ToString(), Does.StartWith("spec.endpoints: copies").And.Contain("another scheme than davs").And.EndWith("(TokensNeedDavs)"));
        Assert.That(Told(f => f with { Schemes = ["davs"] }, rootFirst, rootFirst with { Name = "B" }), Is.Empty, "transfers.schemes leaves davs alone");
        Assert.That(Told(Tokens("A") with { Protocols = [Protocol("https", "/cmp/"), Protocol("davs", "/cmp/") with { Priorities = new() { ThirdPartyCopyRead = 2, ThirdPartyCopyWrite = 2 } }] }, Tokens("B"))["A"].Select(a => a.Reason), Is.EqualTo(new[] { "TokensNeedDavs" }), "https is web, too, and not davs");
    }

    [Test]
    public void Where_tokens_are_wanted_a_storage_that_cannot_have_them_is_told_why()
    {
        Assert.That(Reasons(Told(f => f with { WantsTokens = true }, Disk("A") with { Protocols = [Protocol("root", "//cmp/")] }), "A"), Is.EqualTo(new[] { "TokensNeedDavs" }));
        Assert.That(Told(f => f with { WantsTokens = true }, Tokens("A"), Tokens("B")), Is.Empty);
        Assert.That(new StorageAdvice(Linked([], f => f with { WantsTokens = true })).For([new("T") { Type = "TAPE", Protocols = [Protocol("davs", "/cmp/")] }])["T"].Single().ToString(), Does.Contain("use certificates").And.EndWith("(TokensOnTape)"));
        Assert.That(new StorageAdvice(Linked([], f => f)).For([new("T") { Type = "TAPE", Protocols = [Protocol("davs", "/cmp/")], Attributes = new Dictionary<string, string> { ["oidc_support"] = "true" } }])["T"].Single().ToString(), Does.Contain("fail").And.EndWith("(TokensOnTape)"));
    }

    [Test]
    public void A_deleted_RSE_is_nobodys_partner() =>
        Assert.That(Told(Disk("A"), Disk("B") with { Deleted = true, Attributes = new Dictionary<string, string>() }), Is.Empty);

    [Test]
    public void A_large_mesh_is_cheap()
    {
        var rses = Enumerable.Range(0, 300).Select(n => n % 3 == 0 ? Disk($"R{n:000}") with { Attributes = new Dictionary<string, string>() } : Disk($"R{n:000}")).ToArray();
        var facts = Linked(rses, f => f);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(Told(facts), Has.Count.EqualTo(100));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20), "of 89,700 pairs");
    }

    [TestCase("RUCIO_SOURCE"), TestCase("RUCIO_SOURCE_40"), TestCase("RUCIO_SOURCE_38")]
    public void Rucio_takes_the_same_schemes_together(string variable)
    {
        var constants = File.ReadAllText(Path.Combine(Python.RequireRucio(variable), "lib", "rucio", "common", "constants.py"));
        var map = Regex.Match(constants, @"SCHEME_MAP = \{(.*?)\}", RegexOptions.Singleline).Groups[1].Value;
        var theirs = Regex.Matches(map, @"'([^']+)': \[([^\]]*)\]").ToDictionary(m => m.Groups[1].Value, m => Regex.Matches(m.Groups[2].Value, "'([^']+)'").Select(s => s.Groups[1].Value).ToHashSet());
        Assert.That(theirs, Has.Count.GreaterThan(5));
        foreach (var (source, destination) in from s in Endpoint.Schemes from d in Endpoint.Schemes select (s, d))
        {
            var apart = Told(Disk("A") with { Protocols = [Protocol(source, "/cmp/") with { Priorities = new() { ThirdPartyCopyRead = 1, ThirdPartyCopyWrite = null } }] }, Disk("B") with { Protocols = [Protocol(destination, "/cmp/") with { Priorities = new() { ThirdPartyCopyWrite = 1 } }] })["A"].Any(a => a.Reason == Advice.NoCommonScheme);
            Assert.That(!apart, Is.EqualTo(source == destination || theirs.TryGetValue(destination, out var with) && with.Contains(source)), $"{source} → {destination}");
        }
    }

    [TestCase("RUCIO_SOURCE"), TestCase("RUCIO_SOURCE_40"), TestCase("RUCIO_SOURCE_38")]
    public void Rucios_own_permissions_open_the_same_names(string variable)
    {
        var permissions = File.ReadAllText(Path.Combine(Python.RequireRucio(variable), "lib", "rucio", "core", "permission", "generic_multi_vo.py"));
        var rule = Regex.Match(permissions, @"def perm_add_replicas\(.*?(?=\ndef )", RegexOptions.Singleline).Value;
        var endings = Regex.Matches(rule, @"endswith\('([A-Z]+)'\)").Select(m => m.Groups[1].Value).ToList();
        Assert.That(endings, Has.Count.GreaterThan(2));
        Assert.That(endings.Where(e => Reasons(Told(f => f with { OwnPermissions = true }, Disk($"X_{e}")), $"X_{e}") is not ["NameIsOpen"]), Is.Empty);
    }

    private static string[] Reasons(IReadOnlyDictionary<string, IReadOnlyList<Advice>> told, string rse) => [.. told[rse].Select(a => a.Reason)];

    private static IReadOnlyDictionary<string, IReadOnlyList<Advice>> Told(params ObservedRse[] rses) => Told(f => f, rses);

    private static IReadOnlyDictionary<string, IReadOnlyList<Advice>> Told(Func<AdviceFacts, AdviceFacts> change, params ObservedRse[] rses) => Told(Linked(rses, change));

    private static IReadOnlyDictionary<string, IReadOnlyList<Advice>> Told(AdviceFacts facts) =>
        new StorageAdvice(facts).For([.. facts.Observed.Rses.Values.Where(r => !r.Deleted).Select(r => new DesiredRse(r.Name) { Protocols = r.Protocols, Attributes = r.Attributes })]);

    private static AdviceFacts Linked(ObservedRse[] rses, Func<AdviceFacts, AdviceFacts> change) => change(new(true, false, false, ["cmp", "compass"], new ObservedVo("cmp")
    {
        Rses = rses.ToDictionary(r => r.Name),
        Distances = (from a in rses from b in rses where a != b select (a.Name, b.Name)).ToDictionary(p => p, _ => 1),
    }));

    private static ObservedRse Tokens(string name) => Disk(name) with { Attributes = new Dictionary<string, string> { ["fts"] = "https://fts", ["oidc_support"] = "true" } };

    private static ObservedRse Disk(string name) => new(name, name) { Attributes = new Dictionary<string, string> { ["fts"] = "https://fts" }, Protocols = [Protocol("davs", "/cmp/")] };

    private static ObservedProtocol Protocol(string scheme, string prefix) => new(scheme, "h", 1, prefix, "i", new() { ThirdPartyCopyRead = 1, ThirdPartyCopyWrite = 1 });
}
