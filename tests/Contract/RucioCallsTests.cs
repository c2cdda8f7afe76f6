using System.Reflection;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>Every call the operator makes: its effect, its repetition (a killed operator repeats its last call), and what a wrong one answers.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class RucioCallsTests(bool live) : ContractTests(live)
{
    private DesiredVo _vo = null!;
    private RucioSession _root = null!;

    [OneTimeSetUp]
    public async Task MakeVoAsync()
    {
        _vo = await Bed.NewVoAsync();
        _root = Bed.Root(_vo);
    }

    [Test, Covers(nameof(RucioCalls.CreateVoAsync), nameof(RucioCalls.UpdateVoAsync), nameof(RucioCalls.RecoverRootAsync), nameof(RucioCalls.SetConfigAsync))]
    public async Task Vos_are_made_changed_and_recovered()
    {
        var tag = await Bed.NewTagAsync();
        await Bed.Writer.SetPasswordAsync($"root@{tag}", "nobody knows", $"root@{tag}", default);
        await Bed.SuperRoot.CreateVoAsync(tag, "first", "e@example.org", default);
        await RefusedAsync(() => Bed.SuperRoot.CreateVoAsync(tag, "first", "e@example.org", default), "Duplicate");
        await TwiceAsync(() => Bed.SuperRoot.UpdateVoAsync(tag, "second", "f@example.org", default));
        await TwiceAsync(() => Bed.SuperRoot.RecoverRootAsync(tag, $"recovered@{tag}", "chosen", default));
        await TwiceAsync(() => Bed.SuperRoot.SetConfigAsync("policy", $"package-{tag}", "rucio_tenant_policy", default));

        var vo = await Bed.Instance.RefreshVoAsync(tag, default);
        Assert.That((vo.Exists, vo.Description, vo.Email, vo.PolicyPackage), Is.EqualTo((true, "second", "f@example.org", "rucio_tenant_policy")));
        Assert.That(await Bed.LogInAsync($"recovered@{tag}", "chosen", "root", tag), Is.EqualTo("200"));
        Assert.That(await Bed.LogInAsync($"root@{tag}", "password", "root", tag), Is.EqualTo("401 CannotAuthenticate"));

        await RefusedAsync(() => Bed.SuperRoot.CreateVoAsync("compass", "", "", default), "InvalidObject");
        await RefusedAsync(() => Bed.SuperRoot.UpdateVoAsync("ZZ9", "", "", default), "VONotFound");
        await RefusedAsync(() => Bed.SuperRoot.RecoverRootAsync("ZZ9", $"recovered@{tag}", "chosen", default), "AccountNotFound");
        await RefusedAsync(() => _root.CreateVoAsync(Another(tag), "", "", default), "AccessDenied");

        static string Another(string used) => used[..2] + (used[2] == 'z' ? 'y' : 'z');
    }

    [Test, Covers(nameof(RucioCalls.OccupyIdentityAsync))]
    public async Task An_identity_is_occupied_by_a_call_that_is_refused_and_the_published_password_never_opens_it()
    {
        var tag = await Bed.NewTagAsync();
        var refused = await Assert.ThrowsAsync<RucioRejectedException>(() => Bed.SuperRoot.OccupyIdentityAsync($"root@{tag}", "nobody knows", default));
        Assert.That(refused!.ExceptionClass, Is.AnyOf("AccessDenied", "AccountNotFound", "DatabaseException"));
        await Bed.SuperRoot.CreateVoAsync(tag, "", "e@example.org", default);
        Assert.That(await Bed.LogInAsync($"root@{tag}", "password", "root", tag), Is.EqualTo("401 CannotAuthenticate"));
        Assert.That(await Bed.LogInAsync($"root@{tag}", "nobody knows", "root", tag), Is.EqualTo("200"));
    }

    [Test]
    public async Task Global_config_is_refused_to_root_of_a_tenant()
    {
        await RefusedAsync(() => _root.SetConfigAsync("policy", $"package-{_vo.Spec.Tag}", "evil", default), "AccessDenied");
        Assert.That((await Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default)).PolicyPackage, Is.EqualTo("rucio_tenant_policy"));
    }

    [Test, Covers(nameof(RucioCalls.CreateAccountAsync), nameof(RucioCalls.SetAccountAsync), nameof(RucioCalls.AddAccountAttributeAsync), nameof(RucioCalls.RemoveAccountAttributeAsync), nameof(RucioCalls.MapIdentityAsync), nameof(RucioCalls.UnmapIdentityAsync), nameof(RucioCalls.CreateScopeAsync), nameof(RucioCalls.SetScopeOwnerAsync))]
    public async Task Accounts_attributes_identities_and_scopes()
    {
        var tag = _vo.Spec.Tag;
        await TwiceAsync(() => _root.CreateAccountAsync("alice", "USER", "a@example.org", default));
        await _root.CreateAccountAsync("robot", "SERVICE", "", default);
        await TwiceAsync(() => _root.SetAccountAsync("alice", "email", "new@example.org", default));
        await TwiceAsync(() => _root.AddAccountAttributeAsync("alice", "admin", "true", default));
        await _root.AddAccountAttributeAsync("alice", "colour", "red", default);
        await TwiceAsync(() => _root.RemoveAccountAttributeAsync("alice", "admin", default));
        await TwiceAsync(() => _root.MapIdentityAsync("alice", $"alice@{tag}", "USERPASS", "secret", "", default));
        await _root.MapIdentityAsync("robot", $"robot@{tag}", "USERPASS", "secret", "", default);
        await TwiceAsync(() => _root.UnmapIdentityAsync("robot", $"robot@{tag}", "USERPASS", default));
        await TwiceAsync(() => _root.CreateScopeAsync("alice", "data.raw-1", default));
        await TwiceAsync(() => _root.SetScopeOwnerAsync("robot", "data.raw-1", default));

        var vo = await Bed.Instance.RefreshVoAsync(tag, default);
        var alice = vo.Accounts["alice"];
        Assert.Multiple(() =>
        {
            Assert.That((alice.Type, alice.Status, alice.Email), Is.EqualTo(("USER", "ACTIVE", "new@example.org")));
            Assert.That(alice.Attributes, Is.EquivalentTo(new Dictionary<string, string> { ["colour"] = "red" }));
            Assert.That(alice.Identities, Is.EqualTo(new[] { new ObservedIdentity($"alice@{tag}", "USERPASS") }));
            Assert.That((vo.Accounts["robot"].Type, vo.Accounts["robot"].Identities.Count), Is.EqualTo(("SERVICE", 0)));
            Assert.That(vo.Scopes, Does.Contain(KeyValuePair.Create("data.raw-1", "robot")));
        });
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "secret", "alice", tag), Is.EqualTo("200"));
        Assert.That(await Bed.LogInAsync($"robot@{tag}", "secret", "robot", tag), Does.StartWith("401"));

        await RefusedAsync(() => _root.CreateAccountAsync("ALICE", "USER", "", default), "InvalidObject");
        await RefusedAsync(() => _root.CreateAccountAsync("bob", "HUMAN", "", default), "InvalidAccountType");
        await RefusedAsync(() => _root.SetAccountAsync("nobody", "email", "x", default), "AccountNotFound");
        await RefusedAsync(() => _root.CreateScopeAsync("nobody", "s", default), "AccountNotFound");
        await RefusedAsync(() => _root.CreateScopeAsync("alice", "s*", default), "InvalidObject");
        await RefusedAsync(() => _root.SetScopeOwnerAsync("alice", "no-such", default), "ScopeNotFound");
    }

    [Test, Covers(nameof(RucioCalls.ImportAsync), nameof(RucioCalls.SetLocalLimitAsync), nameof(RucioCalls.RemoveLocalLimitAsync), nameof(RucioCalls.SetGlobalLimitAsync), nameof(RucioCalls.RemoveGlobalLimitAsync), nameof(RucioCalls.RemoveRseAttributeAsync), nameof(RucioCalls.RemoveProtocolAsync), nameof(RucioCalls.RemoveLimitAsync), nameof(RucioCalls.RemoveDistanceAsync), nameof(RucioCalls.DeleteRseAsync), nameof(RucioCalls.CloseRseAsync), nameof(RucioCalls.ReportSpaceAsync))]
    public async Task Storages_come_by_import_and_their_parts_go_one_by_one()
    {
        DesiredRse[] rses = [ContractRse.Of("CALL_A"), ContractRse.Of("CALL_B")];
        await TwiceAsync(() => _root.ImportAsync(ImportDocument.Of(rses), default));
        await _root.ImportAsync(ImportDocument.Of([new DistancePair("CALL_A", "CALL_B", 3, "CALL_A"), new DistancePair("CALL_B", "CALL_A", 4, "CALL_B")]), default);
        await _root.CreateAccountAsync("quota", "USER", "", default);
        await TwiceAsync(() => _root.SetLocalLimitAsync("quota", "CALL_A", 10_000_000_000_000, default));
        await _root.SetLocalLimitAsync("quota", "CALL_B", -1, default);
        await TwiceAsync(() => _root.SetGlobalLimitAsync("quota", "CALL_A|CALL_B", 7, default));
        await _root.SetGlobalLimitAsync("quota", "*", -1, default);

        var before = await Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default);
        Assert.That(before.Accounts["quota"].Limits, Is.EquivalentTo(new Dictionary<string, long> { ["CALL_A"] = 10_000_000_000_000, ["CALL_B"] = -1 }));
        Assert.That(before.Accounts["quota"].Totals, Is.EquivalentTo(new Dictionary<string, long> { ["CALL_A|CALL_B"] = 7, ["*"] = -1 }));
        Assert.That(before.Distances, Is.EquivalentTo(new Dictionary<(string, string), int> { [("CALL_A", "CALL_B")] = 3, [("CALL_B", "CALL_A")] = 4 }));

        await TwiceAsync(() => _root.RemoveLocalLimitAsync("quota", "CALL_A", default));
        await TwiceAsync(() => _root.RemoveGlobalLimitAsync("quota", "CALL_A|CALL_B", default));
        await TwiceAsync(() => _root.RemoveRseAttributeAsync("CALL_A", "site", default));
        await TwiceAsync(() => _root.RemoveProtocolAsync("CALL_A", "root", "x.example.org", 1094, default));
        await TwiceAsync(() => _root.RemoveLimitAsync("CALL_A", "MinFreeSpace", default));
        await TwiceAsync(() => _root.RemoveDistanceAsync("CALL_A", "CALL_B", default));
        await TwiceAsync(() => _root.DeleteRseAsync("CALL_B", default));
        await TwiceAsync(() => _root.CloseRseAsync("CALL_A", default));
        await RefusedAsync(() => _root.CloseRseAsync("NOPE", default), "RSENotFound");
        await TwiceAsync(() => _root.ReportSpaceAsync("CALL_A", new(1, 2, 3), default));

        var after = await Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default);
        var a = after.Rses["CALL_A"];
        Assert.Multiple(() =>
        {
            Assert.That(after.Accounts["quota"].Limits.Keys, Is.EqualTo(new[] { "CALL_B" }));
            Assert.That(after.Accounts["quota"].Totals.Keys, Is.EqualTo(new[] { "*" }));
            Assert.That(a.Attributes.Keys, Does.Not.Contain("site"));
            Assert.That(a.Protocols.Select(p => p.Scheme), Is.EqualTo(new[] { "davs" }));
            Assert.That(a.Limits, Is.Empty);
            Assert.That((a.Read, a.Write, a.Delete), Is.EqualTo((false, false, false)));
            Assert.That(after.Distances.Keys, Does.Not.Contain(("CALL_A", "CALL_B")));
            Assert.That(after.Rses["CALL_B"].Deleted, Is.True);
        });
        await RefusedAsync(() => _root.SetLocalLimitAsync("quota", "NOPE", 1, default), "RSENotFound");
        await RefusedAsync(() => _root.SetLocalLimitAsync("nobody", "CALL_A", 1, default), "AccountNotFound");
        await RefusedAsync(() => _root.SetGlobalLimitAsync("nobody", "*", 1, default), "AccountNotFound");
        await RefusedAsync(() => _root.ImportAsync(ImportDocument.Of([new DistancePair("CALL_A", "NOPE", 1, "CALL_A")]), default), "RSENotFound");
        await RefusedAsync(() => Bed.SuperRoot.ImportAsync(ImportDocument.Of(rses), default), "AccessDenied");
    }

    [Test, Covers(nameof(RucioCalls.CreateSubscriptionAsync), nameof(RucioCalls.UpdateSubscriptionAsync), nameof(RucioCalls.DeactivateSubscriptionAsync))]
    public async Task Subscriptions_come_change_and_become_inactive()
    {
        await _root.CreateAccountAsync("subscriber", "USER", "", default);
        await TwiceAsync(() => _root.CreateSubscriptionAsync("subscriber", "s", Filter("data"), Rules(1), "first", 3, default));
        Assert.That(await SeenAsync(), Is.EqualTo(("{\"scope\":[\"data\"]}", 'A', "first", 3, false)));
        await TwiceAsync(() => _root.UpdateSubscriptionAsync("subscriber", "s", Filter("mc"), Rules(2), "second", 1, null, default));
        Assert.That(await SeenAsync(), Is.EqualTo(("{\"scope\":[\"mc\"]}", 'U', "second", 1, false)));
        await TwiceAsync(() => _root.DeactivateSubscriptionAsync("subscriber", "s", default));
        Assert.That((await SeenAsync()).State, Is.EqualTo('I'));
        await _root.UpdateSubscriptionAsync("subscriber", "s", Filter("mc"), Rules(2), "second", 1, 36_500, default);
        Assert.That(await SeenAsync() is { State: 'U', Ends: true }, Is.True);
        await _root.DeactivateSubscriptionAsync("subscriber", "never-was", default);
        await RefusedAsync(() => _root.UpdateSubscriptionAsync("subscriber", "never-was", Filter("mc"), Rules(1), "c", 1, null, default), "SubscriptionNotFound");
        await RefusedAsync(() => _root.CreateSubscriptionAsync("subscriber", "t", Filter("mc"), [new JsonObject { ["rse_expression"] = "A", ["copies"] = 1 }], "c", 1, default), "InvalidObject");
        await RefusedAsync(() => _root.CreateSubscriptionAsync("nobody", "t", Filter("mc"), Rules(1), "c", 1, default), "RucioException");

        static JsonObject Filter(string scope) => new() { ["scope"] = new JsonArray(scope) };
        static JsonArray Rules(int copies) => [new JsonObject { ["rse_expression"] = "A", ["copies"] = copies, ["activity"] = "Debug" }];
        async Task<(string Filter, char State, string? Comments, int Priority, bool Ends)> SeenAsync() =>
            (await Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default)).Subscriptions.Where(s => s.Owner == "subscriber").Select(s => (s.Filter, s.State, s.Comments, s.Priority, s.EndsAt is { Year: > 2100 })).Single();
    }

    [Test]
    public async Task Files_on_a_storage_are_counted()
    {
        if (!Live)
            Assert.Ignore(ContractBed.NeedsLive + " (the stand-in knows no replicas)");
        await _root.ImportAsync(ImportDocument.Of([ContractRse.Of("CALL_FULL")]), default);
        await _root.CreateScopeAsync("root", "files", default);
        await _root.SendAsync(HttpMethod.Post, "replicas", JsonNode.Parse("""{"rse": "CALL_FULL", "files": [{"scope": "files", "name": "f1", "bytes": 42, "adler32": "0cc737eb"}]}"""), default);
        var rse = (await Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default)).Rses["CALL_FULL"];
        Assert.That(await Bed.Instance.Reader.CountReplicasAsync(rse.Id, default), Is.EqualTo(new ReplicaCount(1, 42, 0, 0, Forgotten: 1)));
    }

    [Test]
    public async Task A_token_the_server_forgot_is_replaced_without_a_word()
    {
        await _root.LoginAsync(default);
        await Bed.SqlAsync("DELETE FROM tokens WHERE account = $1", $"root@{_vo.Spec.Tag}");
        await _root.CreateAccountAsync("after-token", "USER", "", default);
    }

    [Test]
    public async Task A_wrong_password_is_a_refusal_and_a_dead_server_is_unavailable()
    {
        var wrong = Bed.Instance.As(new RucioCredential(_vo.RootIdentity, "wrong", "root", _vo.Spec.Tag), TimeProvider.System);
        await RefusedAsync(() => wrong.LoginAsync(default), "CannotAuthenticate");
        using var nobody = new RucioServer(new Uri("http://127.0.0.1:1"), null);
        await Assert.ThrowsAsync<RucioUnavailableException>(() => nobody.As(new RucioCredential("u", "p", "root", "abc"), TimeProvider.System).LoginAsync(default));
    }

    [Test]
    public void No_call_of_the_operator_is_left_out() =>
        Assert.That(typeof(RucioCalls).GetMethods(BindingFlags.Public | BindingFlags.Static).Select(m => m.Name)
            .Except(GetType().GetMethods().SelectMany(m => m.GetCustomAttribute<CoversAttribute>()?.Calls ?? [])), Is.Empty);

    private static async Task TwiceAsync(Func<Task> call)
    {
        await call();
        await call();
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class CoversAttribute(params string[] calls) : Attribute
    {
        public IReadOnlyList<string> Calls { get; } = calls;
    }
}
