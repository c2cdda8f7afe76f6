using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;
using RucioOperator.Apply.Transfers;
using RucioOperator.Grid;
using RucioOperator.Runtime;
using RucioOperator.Tests.Runtime;
using static RucioOperator.Tests.Apply.Transfers.KeeperBed;

namespace RucioOperator.Tests.Apply.Transfers;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ProxyKeeperTests
{
    private readonly KeeperBed _bed = new();

    [TearDown]
    public void End() => _bed.Dispose();

    [Test]
    public void A_credential_becomes_a_proxy_that_is_delegated_at_each_server_and_whoever_asked_is_woken()
    {
        _bed.Follow(_bed.Wish());
        Assert.That(_bed.State.Proxy!.NotAfter, Is.EqualTo(_bed.Clock.Start.AddHours(96)));
        Assert.That(_bed.State.Delegations.Select(d => (d.Server, d.Id, d.Dn, d.NotAfter, d.Fault)), Is.EqualTo(new[] { North, South }.Select(s => (s, _bed.Id, _bed.Robot.Dn, (DateTimeOffset?)_bed.Clock.Start.AddHours(96), (TransferFault?)null))));
        Assert.That(_bed.Held(North), Is.EqualTo(_bed.Clock.Start.AddHours(96)));
        Assert.That(_bed.Woken, Is.Not.Empty.And.All.EqualTo(Sky));
    }

    [Test]
    public void Each_proxy_and_each_delegation_that_is_made_renewed_or_taken_back_is_one_line()
    {
        _bed.Follow(_bed.Wish());
        string[] made = Lines(_bed.Clock.Start.AddHours(96));
        Assert.That(_bed.Lines.All.Order(), Is.EqualTo(made.Order()));
        _bed.Pass(TimeSpan.FromHours(40));
        Assert.That(_bed.Lines.All, Has.Count.EqualTo(3), "looks are no changes");
        _bed.Pass(TimeSpan.FromHours(9));
        Assert.That(_bed.Lines.All.Skip(3).Order(), Is.EqualTo(Lines(_bed.State.Proxy!.NotAfter).Order()));
        _bed.Follow(_bed.Wish(null, North));
        Assert.That(() => _bed.Lines.All.Skip(6), Is.EqualTo(new[] { $"Took back what {South} held of rucio/rucio sky" }).After(20_000, 10));

        string[] Lines(DateTimeOffset until) =>
        [
            $"Made a proxy of rucio/rucio sky until {until:u}",
            .. new[] { North, South }.Select(server => $"Delegated the proxy of rucio/rucio sky to {server} until {until:u}"),
        ];
    }

    [Test]
    public void While_nothing_is_due_passes_cost_no_call_and_wake_nobody()
    {
        _bed.Follow(_bed.Wish());
        var (calls, woken) = (_bed.Grid.Calls.Count, _bed.Woken.Count);
        for (var n = 0; n < 10; n++)
            _bed.Follow(_bed.Wish());
        Assert.That(_bed.Grid.Calls, Has.Count.EqualTo(calls));
        _bed.Pass(TimeSpan.FromHours(3));
        Assert.That(_bed.Grid.Count("view"), Is.InRange(4 + 2 * 2, 4 + 2 * 4));
        Assert.That(_bed.Grid.Count("put"), Is.EqualTo(2));
        Assert.That(_bed.Woken, Has.Count.EqualTo(woken));
    }

    [Test]
    public void At_half_of_their_life_proxy_and_delegations_are_renewed()
    {
        _bed.Follow(_bed.Wish());
        _bed.Pass(TimeSpan.FromHours(49));
        Assert.That(_bed.State.Proxy!.NotAfter, Is.GreaterThan(_bed.Clock.Start.AddHours(96 + 40)));
        Assert.That(_bed.State.Delegations.Select(d => d.NotAfter), Is.All.EqualTo(_bed.State.Proxy.NotAfter));
    }

    [Test]
    public void After_a_restart_the_proxy_is_taken_up_each_server_is_looked_at_once_and_nothing_is_delegated()
    {
        _bed.Follow(_bed.Wish());
        var (proxy, pem) = (_bed.State.Proxy!, _bed.State.Proxy!.ToPem());
        _bed.Restart();
        _bed.Follow(_bed.Wish(), saved: pem);
        Assert.That(_bed.State.Proxy!.Chain[0], Is.EqualTo(proxy.Chain[0]));
        Assert.That(_bed.Grid.Calls.Order(), Is.EqualTo(new[] { "view fts-north.example.org", "view fts-south.example.org", "whoami fts-north.example.org", "whoami fts-south.example.org" }));
        Assert.That(_bed.State.Delegations.Select(d => d.NotAfter), Is.All.EqualTo(proxy.NotAfter));
    }

    [Test]
    public void A_credential_that_was_replaced_while_nobody_looked_is_delegated_anew()
    {
        _bed.Follow(_bed.Wish());
        var pem = _bed.State.Proxy!.ToPem();
        _bed.Restart();
        var renewed = _bed.Grid.Robot("sky");
        _bed.Follow(_bed.Wish(renewed), saved: pem);
        Assert.That(_bed.State.Proxy!.Chain[1], Is.EqualTo(renewed.Chain[0]));
        Assert.That(_bed.Grid.Count("put"), Is.EqualTo(2));
    }

    [Test]
    public void A_proxy_of_somebody_else_is_not_taken_up_but_takes_back_what_it_delegated()
    {
        var other = _bed.Grid.Robot("other");
        _bed.Follow(_bed.Wish(other));
        var (pem, former) = (_bed.State.Proxy!.ToPem(), new FormerDelegation(North, _bed.State.Delegations[0].Id!, other.Dn, [], _bed.Held(North, other)));
        _bed.Restart();
        _bed.VomsAt = null;
        _bed.Follow(_bed.Wish() with { Voms = Voms(), Former = [former] }, saved: pem);
        Assert.That(_bed.State.Proxy, Is.Null);
        Assert.That(_bed.Grid.Held.Keys.Select(k => k.Server), Is.EqualTo(new[] { South }));
    }

    [Test]
    public void A_tag_that_changes_hands_takes_no_proxy_along_even_under_the_same_name()
    {
        _bed.Follow(_bed.Wish());
        Assert.That(_bed.Keeper.Find(Sky, new("sea", "sea")), Is.Null, "before it has asked for anything");
        _bed.VomsAt = null;
        _bed.Follow(_bed.Wish(_bed.Grid.Robot("sky")) with { Owner = new("sea", "sea"), Voms = Voms() });
        var next = new ObjectKey("sea", "sea");
        Assert.That(_bed.Keeper.Find(Sky, next)!.Proxy, Is.Null);
        _bed.Keeper.Forget(Sky, Vo);
        Assert.That(_bed.Keeper.Find(Sky, next), Is.Not.Null, "it is the new one's");
    }

    [Test]
    public void A_credential_that_was_replaced_while_all_rested_is_delegated_anew()
    {
        _bed.Follow(_bed.Wish());
        _bed.Keeper.Rest(Sky, Vo);
        _bed.Follow(_bed.Wish(_bed.Grid.Robot("sky")));
        Assert.That(_bed.Grid.Count("put"), Is.EqualTo(4));
    }

    [Test]
    public void What_somebody_came_to_live_by_is_not_taken_back_any_more()
    {
        _bed.Follow(_bed.Wish(null, North));
        var former = new FormerDelegation(North, _bed.Id, _bed.Robot.Dn, [], _bed.Held(North));
        var other = new Holder(Instance, "sea");
        _bed.Grid.Pause = () =>
        {
            _bed.Grid.Pause = () => Task.CompletedTask;
            _bed.Keeper.Follow(_bed.Wish(null, North) with { Holder = other, Owner = new("sea", "sea") }, null, now: false);
            return Task.CompletedTask;
        };
        _bed.Keeper.Release(Sky, Vo, [former], [_bed.Robot], "");
        Assert.That(_bed.Grid.Held, Has.Count.EqualTo(1));
        Assert.That(_bed.Grid.Count("delete"), Is.Zero);
    }

    [Test]
    public void Attributes_that_a_long_lived_proxy_brings_along_end_nothing_where_VOMS_is_asked_for_new_ones()
    {
        _bed.Follow(_bed.Wish() with { Voms = Voms() });
        var proxy = _bed.State.Proxy!.Chain[0];
        // As voms-proxy-init makes them: a month, with attributes of a day.
        var key = RSA.Create(2048);
        var request = new CertificateRequest(proxy.SubjectName, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        foreach (var extension in proxy.Extensions)
            request.CertificateExtensions.Add(extension);
        var made = request.Create(_bed.Robot.Chain[0].SubjectName, X509SignatureGenerator.CreateForRSA(_bed.Robot.Key, RSASignaturePadding.Pkcs1), _bed.Clock.Start, _bed.Clock.Start.AddDays(30), [1]);
        var brings = new ClientCredential([made, .. _bed.Robot.Chain], key);
        Assert.That(brings.NotAfter, Is.LessThan(brings.CertificateNotAfter));
        Assert.That((_bed.Wish(brings) with { Voms = Voms() }).CredentialNotAfter, Is.EqualTo(brings.CertificateNotAfter));
        Assert.That(_bed.Wish(brings).CredentialNotAfter, Is.EqualTo(brings.NotAfter));
    }

    [Test]
    public void Another_credential_acts_at_once()
    {
        _bed.Follow(_bed.Wish());
        _bed.Pass(TimeSpan.FromHours(1));
        var renewed = _bed.Grid.Robot("sky");
        _bed.Follow(_bed.Wish(renewed));
        Assert.That(_bed.State.Proxy!.Chain[1], Is.EqualTo(renewed.Chain[0]));
        Assert.That(_bed.Held(North), Is.EqualTo(_bed.Clock.Start.AddHours(97)));
        Assert.That(_bed.Grid.Count("delete"), Is.Zero);
    }

    [Test]
    public void A_server_that_is_down_holds_up_no_other_and_gets_its_delegation_when_it_is_back()
    {
        _bed.Grid.Faults[North.Host] = GridRefusedException.FtsUnreachable;
        _bed.Follow(_bed.Wish());
        Assert.That(_bed.State.Delegations.Select(d => (d.NotAfter is not null, d.Fault?.Reason)), Is.EqualTo(new[] { (false, GridRefusedException.FtsUnreachable), (true, null) }));
        var since = _bed.State.Delegations[0].Fault!.Since;
        _bed.Pass(TimeSpan.FromHours(6));
        Assert.That(_bed.State.Delegations[0].Fault!.Since, Is.EqualTo(since));
        Assert.That(_bed.Grid.Count("whoami fts-north"), Is.InRange(10, 20));
        _bed.Grid.Faults.Clear();
        _bed.Pass(TimeSpan.FromMinutes(30));
        Assert.That(_bed.State.Delegations[0], Has.Property("Fault").Null.And.Property("NotAfter").Not.Null);
        Assert.That(_bed.Failed, Does.Contain(("delegation", GridRefusedException.FtsUnreachable)));
    }

    [Test]
    public void Who_asks_is_not_kept_waiting_by_failures_of_before()
    {
        _bed.Grid.Faults[North.Host] = GridRefusedException.FtsUnreachable;
        _bed.Follow(_bed.Wish());
        _bed.Pass(TimeSpan.FromHours(6));
        _bed.Grid.Faults.Clear();
        _bed.Follow(_bed.Wish(), now: true);
        Assert.That(_bed.State.Delegations[0].NotAfter, Is.Not.Null);
    }

    [Test]
    public void What_somebody_took_away_or_replaced_by_less_is_put_back_within_the_hour()
    {
        _bed.Follow(_bed.Wish());
        _bed.Grid.Held.TryRemove((North, _bed.Id), out _);
        _bed.Grid.Held[(South, _bed.Id)] = _bed.Clock.GetUtcNow().AddHours(5);
        _bed.Pass(TimeSpan.FromMinutes(66));
        Assert.That(_bed.Held(North), Is.EqualTo(_bed.State.Proxy!.NotAfter));
        Assert.That(_bed.Held(South), Is.EqualTo(_bed.State.Proxy!.NotAfter));
    }

    [Test]
    public void A_server_that_is_no_longer_wanted_forgets_even_if_it_is_down_at_first()
    {
        _bed.Follow(_bed.Wish());
        var former = new FormerDelegation(North, _bed.Id, _bed.Robot.Dn, [], _bed.Held(North));
        _bed.Grid.Faults[North.Host] = GridRefusedException.FtsUnreachable;
        _bed.Follow(_bed.Wish(null, South) with { Former = [former] });
        Assert.That(_bed.State.Leaving.Single(), Has.Property("Former").EqualTo(former).And.Property("Fault").Not.Null);
        Assert.That(_bed.State.Delegations.Select(d => d.Server), Is.EqualTo(new[] { South }));
        _bed.Grid.Faults.Clear();
        _bed.Pass(TimeSpan.FromMinutes(2));
        Assert.That(_bed.State.Leaving, Is.Empty);
        Assert.That(_bed.Grid.Held.Keys, Is.EqualTo(new[] { (South, _bed.Id) }));
    }

    [Test]
    public void Another_identity_takes_the_one_before_back()
    {
        _bed.Follow(_bed.Wish());
        var other = _bed.Grid.Robot("other");
        _bed.Follow(_bed.Wish(other));
        Assert.That(_bed.Grid.Held.Keys.Select(k => k.Id).Distinct(), Is.EqualTo(new[] { PlayedGrid.IdOf(other.Dn, []) }));
        Assert.That(_bed.State.Leaving, Is.Empty);
    }

    [Test]
    public void Two_holders_of_one_identity_never_meet_and_what_one_lives_by_the_other_does_not_take_away()
    {
        var gate = new TaskCompletionSource();
        _bed.Grid.Pause = () => gate.Task;
        var second = new Holder(Instance, "two");
        _bed.Follow(_bed.Wish());
        _bed.Keeper.Follow(_bed.Wish() with { Holder = second, Owner = new("two", "two") }, null, false);
        gate.SetResult();
        Assert.That(() => _bed.Keeper.Find(second, new("two", "two"))!.Delegations.Count(d => d.NotAfter is not null), Is.EqualTo(2).After(20_000, 10));
        Assert.That(() => _bed.State.Delegations.Count(d => d.NotAfter is not null), Is.EqualTo(2).After(20_000, 10));
        Assert.That(_bed.Grid.Raced, Is.False);
        Assert.That(_bed.Grid.Count("put"), Is.EqualTo(2));

        var former = _bed.State.Delegations.Select(d => new FormerDelegation(d.Server, d.Id!, d.Dn!, [], d.NotAfter)).ToList();
        Assert.That(_bed.Keeper.Release(Sky, Vo, former, [_bed.Robot], ""), Is.Empty.Or.Count.EqualTo(2));
        Assert.That(() => _bed.Keeper.Release(Sky, Vo, [], [], ""), Is.Empty.After(20_000, 10));
        Assert.That(_bed.Grid.Count("delete"), Is.Zero);
        Assert.That(_bed.Grid.Held, Has.Count.EqualTo(2));
    }

    [Test]
    public void Who_leaves_takes_everything_back_also_after_a_restart()
    {
        _bed.Follow(_bed.Wish());
        var former = _bed.State.Delegations.Select(d => new FormerDelegation(d.Server, d.Id!, d.Dn!, [], d.NotAfter)).ToList();
        _bed.Restart();
        Assert.That(_bed.Keeper.Release(Sky, Vo, former, [_bed.Robot], ""), Is.Empty);
        Assert.That(_bed.Grid.Held, Is.Empty);
        Assert.That(_bed.Keeper.Release(Sky, Vo, [], [], ""), Is.Empty);
        Assert.That(_bed.Keeper.Find(Sky, Vo), Is.Null);
    }

    /// <summary>A status is behind what it tells of, and passes come at any time.</summary>
    [Test]
    public async Task What_was_taken_back_is_not_taken_back_again_however_long_a_status_names_it()
    {
        _bed.Follow(_bed.Wish());
        var former = new FormerDelegation(North, _bed.Id, _bed.Robot.Dn, [], _bed.Held(North));
        _bed.Grid.Pause = async () => await Task.Yield();
        var wish = _bed.Wish(null, South) with { Former = [former] };
        await Eventually.TrueAsync(() => _bed.Follow(wish).Leaving.Count == 0 && _bed.Grid.Held.Count == 1);
        for (var n = 0; n < 20; n++)
            Assert.That(_bed.Follow(wish).Leaving, Is.Empty);
        Assert.That(_bed.Grid.Count("delete"), Is.EqualTo(1));

        // Offered again, and taken away again.
        await Eventually.TrueAsync(() => _bed.Follow(_bed.Wish() with { Former = [former] }).Delegations.All(d => d.NotAfter is not null));
        _bed.Follow(_bed.Wish() with { Former = [former] });
        await Eventually.TrueAsync(() => _bed.Follow(wish).Leaving.Count == 0 && _bed.Grid.Held.Count == 1);
        Assert.That(_bed.Grid.Count("delete"), Is.EqualTo(2));
    }

    [Test]
    public void With_what_nobody_has_any_more_nothing_can_be_taken_back_and_that_is_told_until_it_is_over()
    {
        _bed.Follow(_bed.Wish());
        var former = new FormerDelegation(North, _bed.Id, _bed.Robot.Dn, [], _bed.Held(North));
        _bed.Restart();
        Assert.That(_bed.Keeper.Release(Sky, Vo, [former], [], "").Single().Fault!.Reason, Is.EqualTo(DelegationRevocation.CredentialGone));
        _bed.Pass(TimeSpan.FromHours(96));
        Assert.That(_bed.Keeper.Release(Sky, Vo, [former], [], ""), Is.Empty);
    }

    [Test]
    public void Attributes_of_VOMS_are_in_the_proxy_and_make_another_identity()
    {
        _bed.Grid.AttributesLive = TimeSpan.FromHours(12);
        _bed.Follow(_bed.Wish() with { Voms = Voms("/sky/Role=production", "/sky") });
        Assert.That(_bed.State.Proxy!.Fqans, Is.EqualTo(new[] { "/sky/Role=production", "/sky" }));
        Assert.That(_bed.State.Proxy.NotAfter, Is.EqualTo(_bed.Clock.Start.AddHours(12)));
        Assert.That(_bed.State.Delegations.Select(d => (d.Id == _bed.Id, d.Fqans.Count)), Is.All.EqualTo((false, 2)));
        _bed.Pass(TimeSpan.FromHours(6.5));
        Assert.That(_bed.State.Proxy.NotAfter, Is.GreaterThan(_bed.Clock.Start.AddHours(17)));
    }

    [TestCase(GridRefusedException.VomsUnreachable)]
    [TestCase(GridRefusedException.VomsRefused)]
    public void While_VOMS_does_not_answer_the_old_proxy_stays_in_use(string reason)
    {
        _bed.Follow(_bed.Wish() with { Voms = Voms() });
        var before = _bed.State.Proxy;
        _bed.Grid.Faults["voms.example.org"] = reason;
        _bed.Pass(TimeSpan.FromHours(14));
        Assert.That(_bed.State.Proxy, Is.SameAs(before));
        Assert.That((_bed.State.Fault!.Step, _bed.State.Fault.Reason), Is.EqualTo((TransferFault.VomsStep, reason)));
        _bed.Pass(TimeSpan.FromHours(11));
        Assert.That(_bed.State.Proxy, Is.Null);
        _bed.Grid.Faults.Clear();
        _bed.Pass(TimeSpan.FromMinutes(31));
        Assert.That(_bed.State.Fault, Is.Null);
        Assert.That(_bed.State.Delegations.Select(d => d.NotAfter > _bed.Clock.GetUtcNow()), Is.All.True);
    }

    [Test]
    public void A_VOMS_server_that_leaves_out_what_was_asked_for_has_refused_it()
    {
        _bed.Grid.Gives = ["/sky"];
        _bed.Follow(_bed.Wish() with { Voms = Voms("/sky/Role=production") });
        Assert.That(_bed.State.Fault, Has.Property("Reason").EqualTo(GridRefusedException.VomsRefused).And.Property("Message").EqualTo("voms.example.org does not give /sky/Role=production to this certificate, only /sky"));
        Assert.That(_bed.State.Proxy, Is.Null);
    }

    [Test]
    public void A_VOMS_host_that_a_tenant_may_not_name_is_not_called()
    {
        _bed.VomsAt = null;
        _bed.Follow(_bed.Wish() with { Voms = Voms() });
        Assert.That(_bed.State.Fault!.Reason, Is.EqualTo(TransferFault.HostNotAllowed));
        _bed.VomsAt = [];
        _bed.Follow(_bed.Wish() with { Voms = Voms() }, now: true);
        Assert.That(_bed.State.Fault!.Reason, Is.EqualTo(GridRefusedException.VomsUnreachable));
        Assert.That(_bed.Grid.Calls, Is.Empty);
    }

    [TestCase(12, "its clock is 12 minutes ahead of")]
    [TestCase(-30, "its clock is 30 minutes behind")]
    public void A_clock_that_is_off_is_told_while_what_can_be_done_is_done(int minutes, string words)
    {
        _bed.Grid.ClockOff = TimeSpan.FromMinutes(minutes);
        _bed.Follow(_bed.Wish());
        Assert.That(_bed.State.Delegations[0].Fault, Has.Property("Reason").EqualTo(TransferFault.ClockSkew).And.Property("Message").StartsWith(words));
        Assert.That(_bed.State.Delegations[0].NotAfter, Is.Not.Null);
        var calls = _bed.Grid.Calls.Count;
        _bed.Pass(TimeSpan.FromMinutes(50));
        Assert.That(_bed.Grid.Calls, Has.Count.EqualTo(calls));
    }

    [Test]
    public void Who_rests_makes_no_call_and_goes_on_when_asked_again()
    {
        _bed.Follow(_bed.Wish());
        _bed.Keeper.Rest(Sky, new("other", "other"));
        _bed.Keeper.Rest(Sky, Vo);
        var calls = _bed.Grid.Calls.Count;
        _bed.Pass(TimeSpan.FromHours(60));
        Assert.That(_bed.Grid.Calls, Has.Count.EqualTo(calls));
        Assert.That(_bed.State.Proxy, Is.Not.Null);
        _bed.Follow(_bed.Wish());
        Assert.That(_bed.Held(North), Is.EqualTo(_bed.Clock.GetUtcNow().AddHours(96)));
    }

    [Test]
    public void Only_who_asked_can_have_it_forgotten()
    {
        _bed.Follow(_bed.Wish());
        _bed.Keeper.Forget(Sky, new ObjectKey("thief", "sky"));
        Assert.That(_bed.Keeper.Find(Sky, Vo), Is.Not.Null);
        _bed.Keeper.Forget(Sky, Vo);
        var calls = _bed.Grid.Calls.Count;
        _bed.Pass(TimeSpan.FromHours(60));
        Assert.That(_bed.Keeper.Find(Sky, Vo), Is.Null);
        Assert.That(_bed.Grid.Calls, Has.Count.EqualTo(calls));
    }

    [Test]
    public void No_text_of_it_shows_a_key()
    {
        _bed.Follow(_bed.Wish() with { Voms = Voms() });
        foreach (var text in (string[])[_bed.State.ToString(), _bed.Wish().ToString(), $"{_bed.State.Proxy}", .. _bed.State.Delegations.Select(d => d.ToString())])
            Assert.That(text, Does.Not.Contain("PRIVATE").And.Not.Contain("RSA"));
    }
}
