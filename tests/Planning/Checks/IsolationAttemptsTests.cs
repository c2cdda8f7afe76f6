using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Planning.Checks;

namespace RucioOperator.Tests.Planning.Checks;

public sealed class IsolationAttemptsTests
{
    private static readonly ObservedVo Base = Vo("def", ["super_root"], [], []);
    private static readonly ObservedVo Sky = Vo("sky", ["root", "alice", "robot"], ["SKY_DISK", "DISK"], ["data", "sky"]);
    private static readonly ObservedVo Sea = Vo("sea", ["root", "bob"], ["DISK"], ["data"]);

    [Test]
    public void The_target_is_the_other_tenant_with_most_to_lose_and_the_base_VO_where_there_is_none()
    {
        Assert.That(IsolationAttempts.Target(Sea, [Base, Sky, Sea, Vo("new", ["root"], [], [])]).Tag, Is.EqualTo("sky"));
        Assert.That(IsolationAttempts.Target(Sea, [Sea, Base]).Tag, Is.EqualTo("def"));
        Assert.That(IsolationAttempts.Target(Sea, [Sea, Vo("gon", ["root"], [], []) with { Exists = false }]).Tag, Is.EqualTo("def"));
    }

    [Test]
    public void It_reaches_for_what_only_the_other_one_has()
    {
        var attempts = IsolationAttempts.For(Sea, [Base, Sky, Sea], "0123");
        Assert.That(attempts.OfType<CallAttempt>().Select(c => c.Path), Is.SupersetOf(new[] { "accounts/alice", "rses/SKY_DISK", "rules/0123", "config", "heartbeats", "vos/" }));
        Assert.That(attempts.OfType<ListAttempt>().Single(l => l.Key == "rse").Foreign, Is.EqualTo(new[] { "SKY_DISK" }), "DISK is a name of both");
        Assert.That(attempts.OfType<LoginAttempt>().Select(l => (l.Account, l.Vo)), Is.EqualTo(new[] { ("super_root", "def"), ("root", "sky"), ("root@sky", "sea") }));
    }

    [Test]
    public void Each_has_a_name_of_its_own_that_gives_nothing_of_the_other_VO_away()
    {
        var names = IsolationAttempts.For(Sea, [Base, Sky, Sea], "0123").Select(a => a.Name).ToList();
        Assert.That(names, Is.Unique);
        Assert.That(names.Where(n => new[] { "sky", "SKY", "alice", "0123" }.Any(n.Contains)), Is.Empty);
        Assert.That(names, Has.Count.InRange(20, 64), "the schema's limit of status.checks.isolation.succeeded");
        Assert.That(names, Has.All.Length.LessThanOrEqualTo(255));
    }

    [Test]
    public void Whatever_writes_can_be_taken_back_or_changes_nothing()
    {
        var writes = IsolationAttempts.For(Sea, [Base, Sky, Sea], "0123").OfType<CallAttempt>().Where(c => c.Method != "GET").ToList();
        Assert.That(writes.Where(w => w is { Undo: null, Body: null }), Is.Empty);
        Assert.That(writes.Select(w => w.Body).OfType<string>(), Is.SubsetOf(new[] { "{}", """{"options": {}}""" }));
    }

    [Test]
    public void In_a_new_instance_there_is_less_to_try_but_everything_global_is_tried()
    {
        var attempts = IsolationAttempts.For(Sea, [Sea, Base], null);
        Assert.That(attempts.OfType<LoginAttempt>().Select(l => l.Vo), Is.EqualTo(new[] { "def", "sea" }));
        Assert.That(attempts.OfType<CallAttempt>().Count(c => c.Path.StartsWith("config", StringComparison.Ordinal)), Is.EqualTo(4));
    }

    private static ObservedVo Vo(string tag, string[] accounts, string[] storages, string[] scopes) => new(tag)
    {
        Exists = true,
        Accounts = accounts.ToDictionary(a => a, a => new ObservedAccount(a, "USER", "ACTIVE", null)),
        Rses = storages.ToDictionary(r => r, r => new ObservedRse(r, r)),
        Scopes = scopes.ToDictionary(s => s, _ => "root"),
    };
}
