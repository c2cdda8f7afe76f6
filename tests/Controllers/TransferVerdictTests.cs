using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Apply.Transfers;
using RucioOperator.Controllers;
using RucioOperator.Grid;
using RucioOperator.Tests.Apply.Transfers;
using static RucioOperator.Tests.Apply.Transfers.KeeperBed;

namespace RucioOperator.Tests.Controllers;

public sealed class TransferVerdictTests
{
    private static readonly DateTimeOffset Now = Seconds(DateTimeOffset.UtcNow);

    private PlayedGrid _grid = null!;
    private ClientCredential _robot = null!;
    private ClientCredential _proxy = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _grid = new(new FakeTimeProvider(Now));
        _robot = _grid.Robot("sky");
        _proxy = ProxyCertificate.Of(_robot, Now, TimeSpan.FromHours(96));
    }

    [OneTimeTearDown]
    public void End() => _grid.Dispose();

    [Test]
    public void When_all_is_well_it_says_as_whom_and_until_when()
    {
        var verdict = Verdict(Held(96), Held(96, South));
        Assert.That(Words(verdict), Is.EqualTo(new[]
        {
            $"ProxyReady True Valid: Proxy until {Now.AddHours(96):u}, the certificate of {_robot.Dn} until {_robot.NotAfter:u}",
            $"Delegated True Delegated: {Text(North)} until {Now.AddHours(96):u} as {_robot.Dn}; {Text(South)} until {Now.AddHours(96):u} as {_robot.Dn}",
        }));
        Assert.That(verdict.LookAgainIn, Is.Null);
        Assert.That(verdict.Status.DelegatedUntil, Is.EqualTo(Now.AddHours(96).UtcDateTime));
    }

    [TestCase(3, true)]
    [TestCase(2, false)]
    [TestCase(1, false)]
    [TestCase(-1, false)]
    public void A_renewal_that_fails_is_warned_of_until_two_hours_are_left(int hours, bool status)
    {
        var verdict = Verdict(Held(96), Held(hours, South, Fault(GridRefusedException.FtsUnreachable)));
        var delegated = verdict.Conditions[^1];
        Assert.That((delegated.Status, delegated.Reason, delegated.IsNews), Is.EqualTo(((bool?)status, GridRefusedException.FtsUnreachable, true)));
        Assert.That(delegated.Message, Does.Contain($"{Text(South)} until {Now.AddHours(hours):u}, renewal fails since {Now:u}: by order"));
        Assert.That(verdict.LookAgainIn, Is.EqualTo(status ? TimeSpan.FromHours(hours - 2) : (TimeSpan?)null));
    }

    [Test]
    public void What_is_bad_is_told_first() =>
        Assert.That(Verdict(Held(96), Held(null, South, Fault(GridRefusedException.FtsRefused))).Conditions[^1].Message, Does.StartWith($"{Text(South)}: by order; {Text(North)} until"));

    [Test]
    public void A_delegation_that_ends_with_its_certificate_is_told_as_that() =>
        Assert.That((Verdict(Held(1)) with { Now = _robot.NotAfter.AddHours(-1.5), Wanted = [North] }).Conditions[^1].Reason, Is.EqualTo(TransferCredential.CredentialExpired));

    [Test]
    public void Under_way_is_neither()
    {
        var verdict = new TransferVerdict(Read(), [North], Voms(), TransferState.Nothing, null, Now);
        Assert.That(verdict.Conditions.Select(c => (c.Type, c.Status, c.Reason)), Is.EqualTo(new (string, bool?, string)[] { ("ProxyReady", null, "Making"), ("VomsReady", null, "Asking"), ("Delegated", null, "Delegating") }));
    }

    [Test]
    public void What_ended_before_a_proxy_was_made_of_it_is_not_under_way()
    {
        var late = new TransferVerdict(Read(), [], null, TransferState.Nothing, null, _robot.NotAfter.AddHours(1)).Conditions.Single();
        Assert.That((late.Status, late.Reason, late.IsNews), Is.EqualTo(((bool?)false, TransferCredential.CredentialExpired, true)));
    }

    [Test]
    public void Without_an_answer_of_VOMS_each_condition_says_its_part()
    {
        var verdict = new TransferVerdict(Read(), [North], Voms(), new(null, Fault(GridRefusedException.VomsRefused, TransferFault.VomsStep), [new(North, false, null, null, [], null, null)], []), null, Now);
        Assert.That(verdict.Conditions.Select(c => (c.Type, c.Status, c.Reason)), Is.EqualTo(new (string, bool?, string)[] { ("ProxyReady", false, "WaitingForVoms"), ("VomsReady", false, "VomsRefused"), ("Delegated", false, "VomsRefused") }));
    }

    [TestCase(95, true)]
    [TestCase(1, false)]
    public void Attributes_that_can_t_be_renewed_are_warned_of_first(int hours, bool status)
    {
        var verdict = new TransferVerdict(Read(), [], Voms(), new(_proxy, Fault(GridRefusedException.VomsUnreachable, TransferFault.VomsStep), [], []), null, _proxy.NotAfter.AddHours(-hours));
        Assert.That(verdict.Conditions.Where(c => c.Type == TransferConditions.VomsReady).Select(c => (c.Status, c.Reason)), Is.EqualTo(new[] { ((bool?)status, GridRefusedException.VomsUnreachable) }));
    }

    [Test]
    public void A_broken_Secret_takes_nothing_away_from_what_was_made_before_it_broke()
    {
        var before = Verdict(Held(96), Held(96, South)).Status;
        var verdict = new TransferVerdict(new(null, "", "SecretNotFound", "no Secret"), [North, South], null, TransferState.Nothing, before, Now);
        Assert.That(verdict.Conditions.Select(c => (c.Type, c.Status, c.Reason)), Is.EqualTo(new (string, bool?, string)[] { ("ProxyReady", false, "SecretNotFound"), ("Delegated", true, "Delegated") }));
        Assert.That(verdict.Status.Delegations!.Select(d => d.Id), Is.EqualTo(before.Delegations!.Select(d => d.Id)));
        Assert.That((verdict with { Before = null }).Conditions[^1], Is.EqualTo(new TransferCondition("Delegated", false, "SecretNotFound", "see ProxyReady")));
    }

    /// <summary>Else the first pass of an operator that has just begun would write, and the second one again.</summary>
    [Test]
    public void Before_anything_is_known_again_it_says_what_was_said_before()
    {
        var known = Verdict(Held(96), Held(96, South));
        var unknown = new TransferVerdict(Read(), [North, South], null, new(null, null, [new(North, false, null, null, [], null, null), new(South, false, null, null, [], null, null)], []), known.Status, Now);
        Assert.That(Words(unknown), Is.EqualTo(Words(known)));
        Assert.That(System.Text.Json.JsonSerializer.Serialize(unknown.Status), Is.EqualTo(System.Text.Json.JsonSerializer.Serialize(known.Status)));
    }

    [Test]
    public void A_certificate_near_its_end_is_told_two_weeks_before()
    {
        var soon = new TransferVerdict(Read(_grid.Robot("soon", TimeSpan.FromDays(13))), [], null, new(_proxy, null, [], []), null, Now);
        Assert.That((soon.Conditions[0].Status, soon.Conditions[0].Reason, soon.Conditions[0].IsNews), Is.EqualTo(((bool?)true, TransferVerdict.CertificateExpiring, true)));
    }

    [Test]
    public void What_is_still_to_be_taken_back_stays_in_the_status_and_is_told_when_that_fails()
    {
        var former = new FormerDelegation(South, "0123456789abcdef", "/CN=former", [], Now.AddHours(9));
        var verdict = new TransferVerdict(Read(), [North], null, new(_proxy, null, [Held(96)], [new(former, Fault(GridRefusedException.FtsUnreachable, TransferFault.RevocationStep))]), null, Now);
        Assert.That(verdict.Conditions[^1], Has.Property("Status").True.And.Property("Reason").EqualTo(GridRefusedException.FtsUnreachable).And.Property("Message").EndsWith($"; {Text(South)} is to forget /CN=former: by order"));
        Assert.That(verdict.Status.Delegations!.Select(d => (d.Server, d.Id)), Is.EqualTo(new[] { (Text(North), "id"), (Text(South), "0123456789abcdef") }));
    }

    [Test]
    public void Of_two_that_a_server_held_the_one_of_the_credential_counts_and_the_other_is_not_lost()
    {
        var other = new DelegationStatus { Server = Text(North), Id = "former", Dn = "/CN=former", NotAfter = Now.AddHours(1).UtcDateTime };
        var own = Verdict(Held(96)).Status.Delegations!.Single();
        var unknown = Verdict() with { Wanted = [North], Before = new() { Delegations = [other, own] }, State = new(_proxy, null, [new(North, false, null, null, [], null, null)], []) };
        Assert.That(unknown.Status.Delegations!.Select(d => d.Id), Is.EqualTo(new[] { "id" }));
        Assert.That((unknown with { Before = new() { Delegations = [other] }, State = unknown.State with { Leaving = [new(new(North, other.Id, other.Dn, [], Now.AddHours(1)), null)] } }).Conditions[^1].Reason, Is.EqualTo(TransferVerdict.Delegating), "what is taken back is none of its own");
        var broken = unknown with { Reading = new(null, "", "SecretNotFound", "no Secret"), State = TransferState.Nothing, Before = new() { Delegations = [own, other] } };
        Assert.That(broken.Status.Delegations!.Select(d => d.Id), Is.EqualTo(new[] { "id", "former" }));
    }

    /// <summary>One word too many, and the API would take no status at all.</summary>
    [Test]
    public void Whatever_servers_say_the_status_keeps_to_what_the_schema_takes()
    {
        var fqans = Enumerable.Range(0, 65).Select(i => $"/{i}{new string('f', 300)}").ToList();
        var leaving = Enumerable.Range(0, 40).Select(i => new LeavingDelegation(new(South, $"id{i / 2 * 2}", new string('d', 3000), fqans, Now), null)).ToList();
        var status = (Verdict(Held(96)) with { State = new(_proxy, null, [Held(96)], leaving) }).Status;
        var many = (Verdict(Held(96)) with { State = new(_proxy, null, [Held(96)], [.. Enumerable.Range(0, 40).Select(i => new LeavingDelegation(new(South, $"id{i}", "", [], Now), null))]) }).Status;
        Assert.Multiple(() =>
        {
            Assert.That(status.Delegations!.Select(d => (d.Server, d.Id)), Is.Unique);
            Assert.That(status.Delegations, Has.Count.EqualTo(21));
            Assert.That(many.Delegations, Has.Count.EqualTo(32));
            Assert.That(many.Delegations![0].Id, Is.EqualTo("id"), "what counts comes first");
            Assert.That(status.Delegations![^1].Dn, Has.Length.EqualTo(2048));
            Assert.That(status.Delegations[^1].Fqans, Has.Count.EqualTo(64).And.All.Length.EqualTo(255));
        });
    }

    private TransferVerdict Verdict(params Delegation[] held) => new(Read(), [.. held.Select(h => h.Server)], null, new(_proxy, null, held, []), null, Now);

    private TransferCredentialReading Read(ClientCredential? credential = null) => new(credential ?? _robot, "digest", null, null);

    private Delegation Held(double? hours, Uri? server = null, TransferFault? fault = null) => new(server ?? North, true, hours is null ? null : "id", hours is null ? null : _robot.Dn, [], hours is { } h ? Now.AddHours(h) : null, fault);

    private static TransferFault Fault(string reason, string step = TransferFault.DelegationStep) => new(step, reason, "by order", Now);

    private static IEnumerable<string> Words(TransferVerdict verdict) => verdict.Conditions.Select(c => $"{c.Type} {c.Status?.ToString() ?? "Unknown"} {c.Reason}: {c.Message}");

    private static string Text(Uri server) => TransferVerdict.Text(server);
}
