using CsCheck;
using NUnit.Framework;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class RenewalTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RenewalTerms Terms = new("a", Now.AddDays(300), TimeSpan.FromHours(96), TimeSpan.FromHours(48), 0);
    private static readonly KnownProxy Fresh = new("a", Now, Now.AddHours(96));
    private static readonly KnownDelegation Held = new(Now, "a", Now.AddHours(96));

    [Test]
    public void Without_a_proxy_or_with_one_of_another_credential_one_is_made_at_once()
    {
        Assert.That(Proxy(null), Is.EqualTo(new RenewalStep(RenewalAct.MakeProxy, Now)));
        Assert.That(Proxy(Fresh with { Basis = "b" }), Is.EqualTo(new RenewalStep(RenewalAct.MakeProxy, Now)));
        Assert.That(Proxy(Fresh with { NotAfter = Now }), Is.EqualTo(new RenewalStep(RenewalAct.MakeProxy, Now)));
    }

    [Test]
    public void A_proxy_is_renewed_when_it_has_so_much_left_and_some_a_little_sooner()
    {
        Assert.That(Proxy(Fresh), Is.EqualTo(new RenewalStep(RenewalAct.MakeProxy, Now.AddHours(48))));
        Assert.That(Renewal.Proxy(Terms with { Spread = 1 }, Fresh, Failures.None, Now).At, Is.EqualTo(Now.AddHours(48 - 4.8)));
    }

    [Test]
    public void Who_gives_less_than_was_asked_for_is_asked_again_after_half_of_it() =>
        Assert.That(Proxy(Fresh with { NotAfter = Now.AddHours(12) }).At, Is.EqualTo(Now.AddHours(6)));

    [Test]
    public void What_ends_with_its_certificate_can_t_be_renewed()
    {
        Assert.That(Renewal.Proxy(Terms with { CredentialNotAfter = Fresh.NotAfter.AddSeconds(5) }, Fresh, Failures.None, Now.AddHours(90)), Is.EqualTo(RenewalStep.Rest));
        Assert.That(Renewal.Proxy(Terms with { CredentialNotAfter = Now }, null, Failures.None, Now), Is.EqualTo(RenewalStep.Rest));
    }

    [Test]
    public void Failures_are_tried_again_after_a_minute_doubling_to_half_an_hour()
    {
        Assert.That(Enumerable.Range(1, 7).Select(n => Renewal.RetryAfter(n).TotalMinutes), Is.EqualTo(new[] { 1, 2, 4, 8, 16, 30, 30 }));
        Assert.That(Renewal.Proxy(Terms, null, new(3, Now), Now).At, Is.EqualTo(Now.AddMinutes(4)));
        Assert.That(Delegation(new(null, null, null), new(2, Now)), Is.EqualTo(new RenewalStep(RenewalAct.Look, Now.AddMinutes(2))));
    }

    [Test]
    public void A_server_is_looked_at_first_and_then_every_hour()
    {
        Assert.That(Delegation(new(null, null, null)), Is.EqualTo(new RenewalStep(RenewalAct.Look, Now)));
        Assert.That(Delegation(Held), Is.EqualTo(new RenewalStep(RenewalAct.Look, Now.AddMinutes(54))));
    }

    [Test]
    public void What_a_server_lost_or_never_had_is_delegated_at_once()
    {
        Assert.That(Delegation(Held with { NotAfter = null }).Act, Is.EqualTo(RenewalAct.Delegate));
        Assert.That(Delegation(Held with { NotAfter = Now }), Is.EqualTo(new RenewalStep(RenewalAct.Delegate, Now)));
    }

    [Test]
    public void A_delegation_follows_its_proxy()
    {
        Assert.That(Delegation(Held with { NotAfter = Now.AddHours(48) }), Is.EqualTo(new RenewalStep(RenewalAct.Delegate, Now)));
        Assert.That(Renewal.Delegation(Terms, Fresh, Held with { LookedAt = Now.AddHours(47.5), NotAfter = Now.AddHours(90) }, Failures.None, Now.AddHours(47.5)).Act, Is.EqualTo(RenewalAct.Delegate));
        // The same end: nothing would be won.
        Assert.That(Renewal.Delegation(Terms, Fresh, Held with { LookedAt = Now.AddHours(95) }, Failures.None, Now.AddHours(95)).Act, Is.EqualTo(RenewalAct.Look));
        Assert.That(Renewal.Delegation(Terms, null, Held, Failures.None, Now), Is.EqualTo(RenewalStep.Rest));
        Assert.That(Renewal.Delegation(Terms, Fresh with { NotAfter = Now }, Held, Failures.None, Now), Is.EqualTo(RenewalStep.Rest));
    }

    [Test]
    public void With_another_certificate_it_is_delegated_anew_and_what_was_there_before_us_is_left()
    {
        Assert.That(Delegation(Held with { MadeFrom = "b" }), Is.EqualTo(new RenewalStep(RenewalAct.Delegate, Now)));
        Assert.That(Delegation(Held with { MadeFrom = null }).Act, Is.EqualTo(RenewalAct.Look));
        // Not by something that is about to end.
        Assert.That(Renewal.Delegation(Terms, Fresh with { NotAfter = Now.AddHours(1) }, Held with { MadeFrom = "b" }, Failures.None, Now).Act, Is.EqualTo(RenewalAct.Look));
    }

    /// <summary>Whatever is asked for and given, and while everybody answers: what FTS needs is always there.</summary>
    [Test]
    public void Who_does_what_is_due_when_it_is_due_never_comes_near_the_hour_of_FTS() =>
        Gen.Select(Gen.Int[12, 720], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[8, 48]).Sample((lifetime, share, spread, given) =>
        {
            var terms = Terms with { Lifetime = TimeSpan.FromHours(lifetime), RenewBefore = TimeSpan.FromHours(4 + share * (lifetime - 5)), Spread = spread };
            var (now, end) = (Now, Now.AddDays(60));
            KnownProxy? proxy = null;
            var held = new KnownDelegation(null, null, null);
            var turns = 0;
            while (now < end)
            {
                var (first, second) = (Renewal.Proxy(terms, proxy, Failures.None, now), Renewal.Delegation(terms, proxy, held, Failures.None, now));
                var step = first.At <= second.At ? first : second;
                if (held.NotAfter is { } until && (step.At > now ? step.At : now) > until.AddHours(-1))
                    return false;
                now = step.At > now ? step.At : now;
                switch (step.Act)
                {
                    case RenewalAct.MakeProxy: proxy = new("a", now.AddMinutes(-5), Min(now + terms.Lifetime, now.AddHours(given))); break;
                    case RenewalAct.Look: held = held with { LookedAt = now }; break;
                    case RenewalAct.Delegate: held = new(now, "a", Min(now + terms.Lifetime, proxy!.NotAfter)); break;
                    default: return false;
                }
                if (++turns > 60 * 24 * 6)
                    return false;
            }
            return true;
        }, iter: 200);

    private static RenewalStep Proxy(KnownProxy? proxy) => Renewal.Proxy(Terms, proxy, Failures.None, Now);

    private static RenewalStep Delegation(KnownDelegation known, Failures? failures = null) => Renewal.Delegation(Terms, Fresh, known, failures ?? Failures.None, Now);

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
