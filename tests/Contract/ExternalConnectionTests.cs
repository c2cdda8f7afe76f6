using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Tests.Planning;

namespace RucioOperator.Tests.Contract;

/// <summary>A Rucio that somebody else runs: what REST alone shows and changes, against what the catalogue says.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class ExternalConnectionTests(bool live) : ContractTests(live)
{
    [Test]
    public async Task Rest_tells_what_the_catalogue_holds()
    {
        var tag = await Bed.NewTagAsync();
        var desired = Bed.Desired(new VirtualOrganisationSpec
        {
            Tag = tag,
            Description = "d: 100 %",
            Email = "vo@example.org",
            Accounts =
            [
                new() { Name = "alice", Email = "alice@example.org", Admin = true, Identities = [new()] },
                new() { Name = "robot", Type = AccountType.Service },
            ],
            Scopes = [new() { Name = "data", Owner = "alice" }, new() { Name = "raw" }],
        }, ("alice", "alice-password"));
        await Bed.ConvergeAsync(desired);
        var root = Bed.Root(desired);
        await root.ImportAsync(ImportDocument.Of([ContractRse.Of("REST_A"), ContractRse.Of("REST_B") with { Type = "TAPE", Read = false, MinFreeSpace = 7 }, new DesiredRse("GONE")]), default);
        await root.ImportAsync(ImportDocument.Of([new DistancePair("REST_A", "REST_B", 3, "REST_A"), new DistancePair("REST_B", "REST_A", 1, "REST_B")]), default);
        await root.DeleteRseAsync("GONE", default);
        await root.SetLocalLimitAsync("alice", "REST_A", -1, default);
        await root.SetLocalLimitAsync("alice", "REST_B", 1L << 45, default);

        var catalogue = await Bed.Instance.RefreshVoAsync(tag, default);
        await using var connection = await ConnectAsync(tag);
        var rest = await connection.RefreshVoAsync(Look(desired), default);
        Assert.Multiple(() =>
        {
            Assert.That((rest.Exists, rest.Description, rest.Email, rest.Claim, rest.CreatedByOperator), Is.EqualTo((true, catalogue.Description, catalogue.Email, catalogue.Claim, true)));
            Assert.That(rest.Scopes, Is.EquivalentTo(catalogue.Scopes));
            Assert.That(rest.Distances, Is.EquivalentTo(catalogue.Distances));
            Assert.That(rest.Accounts.Keys, Is.EquivalentTo(catalogue.Accounts.Keys));
            foreach (var (name, account) in catalogue.Accounts)
            {
                var seen = rest.Accounts[name];
                Assert.That((seen.Type, seen.Status, seen.Email ?? ""), Is.EqualTo((account.Type, account.Status, account.Email ?? "")), name);
                Assert.That(seen.Identities, Is.EquivalentTo(account.Identities), name);
                Assert.That(seen.Attributes, Is.EquivalentTo(account.Attributes), name);
                Assert.That(seen.Limits, Is.EquivalentTo(account.Limits), name);
            }
            Assert.That(rest.Rses.Keys, Is.EquivalentTo(new[] { "REST_A", "REST_B" }), "deleted ones are not told");
            foreach (var (name, rse) in rest.Rses)
            {
                var stored = catalogue.Rses[name];
                Assert.That(rse with { Attributes = stored.Attributes, Limits = stored.Limits, Protocols = stored.Protocols, Space = stored.Space }, Is.EqualTo(stored), name);
                Assert.That(rse.Protocols, Is.EquivalentTo(stored.Protocols), name);
                Assert.That(rse.Limits, Is.EquivalentTo(stored.Limits), name);
                Assert.That(rse.Attributes.Select(a => $"{a.Key}={a.Value.ToLowerInvariant()}"), Is.EquivalentTo(stored.Attributes.Select(a => $"{a.Key}={a.Value.ToLowerInvariant()}")), name);
            }
        });
        DesiredRse[] wanted = [ContractRse.Of("REST_A"), ContractRse.Of("REST_B") with { Type = "TAPE", Read = false, MinFreeSpace = 7 }];
        Assert.That(StorageSpecs.Plan(wanted, rest, null, []).Changes, Is.Empty);
        Assert.That(await connection.CountReplicasAsync(rest.Rses["REST_A"], connection.As(Look(desired).Root!, TimeProvider.System), default), Is.EqualTo(new ReplicaCount(0, 0)));
    }

    [Test]
    public async Task How_full_a_storage_is_is_asked_for_that_storage_alone()
    {
        var desired = await Bed.NewVoAsync();
        var root = Bed.Root(desired);
        await root.ImportAsync(ImportDocument.Of([new DesiredRse("FULL_A"), new("FULL_B")]), default);
        await using var connection = await ConnectAsync(desired.Spec.Tag);
        Assert.That((await connection.RefreshVoAsync(Look(desired), default)).Rses.Values.Select(r => r.Space), Is.All.Null);
        await root.ReportSpaceAsync("FULL_A", new(1, 2, 3), default);
        var seen = await connection.RefreshSpaceAsync(Look(desired), ["FULL_A", "GONE"], default);
        Assert.That(seen.Rses["FULL_B"].Space, Is.Null);
        Assert.That(seen.Rses["FULL_A"].Space, Is.EqualTo(new ObservedSpace(0, 0, new(1, 2, 3, seen.Rses["FULL_A"].Space!.Reported!.At))));
    }

    [Test]
    public async Task A_vo_is_made_and_kept_over_rest_and_the_published_password_never_opens_it()
    {
        var tag = await Bed.NewTagAsync();
        await using var connection = await ConnectAsync(tag);
        await using var probe = new PublishedPasswordProbe(Bed, tag);
        var desired = External(tag, "first-password", "alice@" + tag + "-aaaaaaaa");
        var made = await ConvergeAsync(connection, desired);
        Assert.That(made.Accounts["root"].Identities, Is.EqualTo(new[] { new ObservedIdentity(desired.RootIdentity, "USERPASS") }));
        Assert.That((made.Claim, made.CreatedByOperator, made.Description), Is.EqualTo((desired.Claimant, true, "made over REST")));
        Assert.That(await Bed.LogInAsync($"alice@{tag}-aaaaaaaa", "first-password", "alice", tag), Is.EqualTo("200"));

        var next = External(tag, "second-password", "alice@" + tag + "-bbbbbbbb");
        var rotated = await ConvergeAsync(connection, next);
        Assert.That(rotated.Accounts["alice"].Identities.Select(i => i.Identity), Is.EqualTo(new[] { $"alice@{tag}-bbbbbbbb" }));
        Assert.That(await Bed.LogInAsync($"alice@{tag}-aaaaaaaa", "first-password", "alice", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync($"alice@{tag}-bbbbbbbb", "second-password", "alice", tag), Is.EqualTo("200"));

        // Suspended and deleted accounts are in no list, and yet can't be made again.
        await connection.As(Look(next).Root!, TimeProvider.System).SendAsync(HttpMethod.Delete, "accounts/alice", null, default);
        Assert.That((await ConvergeAsync(connection, next)).Accounts["alice"].Status, Is.EqualTo("ACTIVE"));
        Assert.That(probe.Answers, Is.All.StartsWith("401"));
    }

    [Test]
    public async Task A_vo_that_others_made_keeps_their_mappings_and_loses_the_published_password_only_if_it_works()
    {
        var tag = await Bed.NewTagAsync();
        await Bed.SuperRoot.CreateVoAsync(tag, "by hand", "e@example.org", default);
        await Bed.SuperRoot.RecoverRootAsync(tag, $"admins-own@{tag}", "theirs", default);
        await using var connection = await ConnectAsync(tag);
        var desired = External(tag, "pw", $"alice@{tag}-aaaaaaaa") with { Spec = new VirtualOrganisationSpec { Tag = tag }, Passwords = new Dictionary<string, string>() };
        Assert.That((await PlanAsync(connection, desired with { Granted = false })).Problems.Single().Reason, Is.EqualTo(VoPlan.NotGranted));
        var taken = await ConvergeAsync(connection, desired);
        Assert.That(taken.CreatedByOperator, Is.False);
        Assert.That(await Bed.LogInAsync($"root@{tag}", "password", "root", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync($"admins-own@{tag}", "theirs", "root", tag), Is.EqualTo("200"));
    }

    [Test]
    public async Task An_account_that_is_root_there_already_needs_nothing_of_super_root()
    {
        var made = await Bed.NewVoAsync();
        var tag = made.Spec.Tag;
        await using var connection = await ConnectAsync(tag, new RucioCredential(made.RootIdentity, made.RootPassword, "root", BaseVo.Tag));
        Assert.That((connection.Reach, connection.ClaimsAreKept), Is.EqualTo((VoReach.Given, false)), "the tenant policy closes the config table to root of a VO");
        connection.HolderOf = _ => made.Claimant;
        var desired = External(tag, "pw", $"alice@{tag}-aaaaaaaa") with { Reach = VoReach.Given, Claimant = made.Claimant };
        Assert.That((await PlanAsync(connection, desired)).Problems.Single().Reason, Is.EqualTo(VoPlan.NotPermitted), "a description is super_root's to set");
        var observed = await ConvergeAsync(connection, desired with { Spec = desired.Spec with { Description = null } });
        Assert.That(observed.Accounts["alice"].Identities.Select(i => i.Identity), Is.EqualTo(new[] { $"alice@{tag}-aaaaaaaa" }));
        Assert.That(observed.Scopes, Is.EquivalentTo(new Dictionary<string, string> { ["data"] = "alice" }));

        await using var nowhere = await ConnectAsync(tag, new RucioCredential(made.RootIdentity, made.RootPassword, "root", BaseVo.Tag));
        var other = await Bed.NewTagAsync();
        Assert.That((await PlanAsync(nowhere, External(other, "pw", "x") with { Reach = VoReach.Given })).Problems.Single().Reason, Is.EqualTo(VoPlan.NotReachable));
    }

    [Test]
    public async Task Identities_attributes_and_leaving_work_over_rest_alone()
    {
        var tag = await Bed.NewTagAsync();
        var desired = External(tag, "pw", $"alice@{tag}-aaaaaaaa");
        AccountSpec bob = new() { Name = "bob", Attributes = new Dictionary<string, string> { ["tier"] = "1" }, Identities = [new() { Type = IdentityType.X509, Dn = $"CN=Bob,O={tag}" }] };
        var both = desired with { SlashNames = true, Spec = desired.Spec with { Accounts = [.. desired.Spec.Accounts!, bob] } };
        await using (var connection = await ConnectAsync(tag))
        {
            await ConvergeAsync(connection, both);
            var made = (await Bed.Instance.RefreshVoAsync(tag, default)).Accounts["bob"];
            Assert.That(made.Identities, Is.EqualTo(new[] { new ObservedIdentity($"/O={tag}/CN=Bob", "X509") }));
            Assert.That(made.Attributes, Is.EquivalentTo(new Dictionary<string, string> { ["tier"] = "1", [AccountMark.Attribute] = AccountMark.Made }));
            await ConvergeAsync(connection, both with { Spec = both.Spec with { Accounts = [both.Spec.Accounts![0], bob with { Attributes = new Dictionary<string, string> { ["tier"] = "2" }, Identities = null }] } });
            made = (await Bed.Instance.RefreshVoAsync(tag, default)).Accounts["bob"];
            Assert.That((made.Identities.Count, made.Attributes["tier"]), Is.EqualTo((0, "2")));
        }

        // Another process, and all it has is what Rucio says.
        await using var second = await ConnectAsync(tag);
        await ConvergeAsync(second, both);
        await ConvergeAsync(second, desired);
        var left = (await Bed.Instance.RefreshVoAsync(tag, default)).Accounts;
        Assert.That((left["bob"].Status, left["bob"].Identities.Count, left["alice"].Status), Is.EqualTo(("SUSPENDED", 0, "ACTIVE")));

        var other = await Bed.NewVoAsync();
        await Bed.ConvergeAsync(other with { Spec = other.Spec with { Accounts = [new() { Name = "bob" }] } });
        Assert.That(await Bed.Writer.MapIdentityAsync(new ObservedIdentity($"/O={tag}/CN=Bob", "X509"), "bob", other.Spec.Tag, shared: false, default), Is.True);
        var taken = await Assert.ThrowsAsync<PlanStoppedException>(() => ConvergeAsync(second, both));
        Assert.That((taken!.Reason, taken.Change), Is.EqualTo((VoPlan.IdentityTaken, (VoChange)new MapIdentity("bob", new ObservedIdentity($"/O={tag}/CN=Bob", "X509")))));
    }

    /// <summary>A kill between two calls, at every place: another process goes on, and nothing was ever open.</summary>
    [Test]
    public async Task A_plan_broken_off_after_any_change_is_finished_by_the_next_process()
    {
        for (var kill = 1; ; kill++)
        {
            var tag = await Bed.NewTagAsync();
            var desired = External(tag, "pw", $"alice@{tag}-aaaaaaaa");
            await using var probe = new PublishedPasswordProbe(Bed, tag);
            var left = kill;
            await using (var first = await ConnectAsync(tag))
            {
                while (left > 0 && await PlanAsync(first, desired) is { IsEmpty: false, Changes: var changes })
                {
                    var now = changes.Take(left).ToList();
                    await new VoPlanExecution(first, desired, TimeProvider.System, NullLogger.Instance).RunAsync(now, default);
                    left -= now.Count;
                }
            }
            await using var second = await ConnectAsync(tag);
            var observed = await ConvergeAsync(second, desired);
            Assert.That(observed.Accounts["root"].Identities.Select(i => i.Identity), Is.EqualTo(new[] { desired.RootIdentity }), $"killed after change {kill}");
            Assert.That(await Bed.LogInAsync($"alice@{tag}-aaaaaaaa", "pw", "alice", tag), Is.EqualTo("200"));
            Assert.That(probe.Answers, Is.All.StartsWith("401"), $"killed after change {kill}");
            if (left > 0)
                break;
        }
    }

    private async Task<ExternalConnection> ConnectAsync(string tag, RucioCredential? credential = null)
    {
        var url = new Uri(Bed.Rucio.BaseUrl);
        var (user, password) = Bed.Rucio.SuperRoot;
        var connection = new ExternalConnection(new ExternalAccess(url, url, null, credential ?? new RucioCredential(user, password, "super_root", BaseVo.Tag), MultiVo: true), TimeProvider.System, TimeSpan.FromMinutes(10));
        await connection.RefreshAsync([tag], default);
        return connection;
    }

    private DesiredVo External(string tag, string password, string identity) =>
        Bed.Desired(new VirtualOrganisationSpec { Tag = tag, Description = "made over REST", Accounts = [new() { Name = "alice", Email = "a@example.org", Identities = [new()] }], Scopes = [new() { Name = "data", Owner = "alice" }] }, ("alice", password))
            with
        { Granted = true, Reach = VoReach.SuperRoot, Identities = new Dictionary<string, string> { ["alice"] = identity } };

    private static VoLook Look(DesiredVo vo) => new(vo.Spec.Tag) { Root = new RucioCredential(vo.RootIdentity, vo.RootPassword, "root", vo.Spec.Tag), Accounts = [.. (vo.Spec.Accounts ?? []).Select(a => a.Name)] };

    private static async Task<Plan<VoChange>> PlanAsync(ExternalConnection connection, DesiredVo desired) => VoPlan.For(desired, await connection.RefreshVoAsync(Look(desired), default));

    private static async Task<ObservedVo> ConvergeAsync(ExternalConnection connection, DesiredVo desired)
    {
        for (var round = 1; ; round++)
        {
            var observed = await connection.RefreshVoAsync(Look(desired), default);
            var plan = VoPlan.For(desired, observed);
            Assert.That(plan.Problems, Is.Empty);
            if (plan.IsEmpty)
                return observed;
            Assert.That(round, Is.LessThanOrEqualTo(6), () => "still to do: " + string.Join("; ", plan.Changes));
            await new VoPlanExecution(connection, desired, TimeProvider.System, NullLogger.Instance).RunAsync(plan.Changes, default);
        }
    }
}
