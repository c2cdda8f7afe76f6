using CsCheck;
using NUnit.Framework;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class RseRollTests
{
    private static readonly RseRollPace Pace = new(TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(10));
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Test]
    public void The_first_Deployment_is_started_with_what_is_there() =>
        Assert.That(Pace.Decide(null, "a", Start, Start), Is.EqualTo(new RseRollDecision(new RseSet("a", Start))));

    [Test]
    public void The_same_list_asks_for_nothing() =>
        Assert.That(Pace.Decide(new("a", Start), "a", Start, Start.AddDays(1)), Is.EqualTo(new RseRollDecision(new RseSet("a", Start))));

    [TestCase(59, false, 1)]
    [TestCase(60, true, null)]
    public void A_change_waits_for_sixty_quiet_seconds(int seconds, bool rolls, int? rest)
    {
        var decision = Pace.Decide(new("a", Start.AddHours(-1)), "b", Start, Start.AddSeconds(seconds));
        Assert.That((decision.Set.Hash, decision.LookAgain), Is.EqualTo((rolls ? "b" : "a", rest is { } r ? TimeSpan.FromSeconds(r) : (TimeSpan?)null)));
    }

    [Test]
    public void Two_starts_are_ten_minutes_apart()
    {
        var soon = Pace.Decide(new("a", Start), "b", Start.AddMinutes(1), Start.AddMinutes(4));
        Assert.That((soon.Set.Hash, soon.LookAgain), Is.EqualTo(("a", TimeSpan.FromMinutes(6))));
        Assert.That(Pace.Decide(new("a", Start), "b", Start.AddMinutes(1), Start.AddMinutes(10)).Set, Is.EqualTo(new RseSet("b", Start.AddMinutes(10))));
    }

    /// <summary>Changes at any moments, and a pass at each change and at each time asked for.</summary>
    [Test]
    public void Whatever_comes_when_starts_are_apart_and_the_last_list_is_served_in_the_end() =>
        Gen.Int[1, 400].List[1, 40].Sample(gaps =>
        {
            var (now, applied, starts) = (Start, (RseSet?)null, new List<DateTimeOffset>());
            var (wanted, since) = (0, Start);
            TimeSpan? wait = null;
            foreach (var gap in gaps)
            {
                var next = now.AddSeconds(gap);
                Passes(next);
                (now, since, wanted) = (next, next, wanted + 1);
                Pass();
            }
            Passes(now.AddHours(1));
            return applied!.Hash == $"{wanted}" && starts.Zip(starts.Skip(1)).All(p => p.Second - p.First >= Pace.Interval);

            void Passes(DateTimeOffset until)
            {
                while (wait is { } w && now + w <= until)
                {
                    now += w;
                    Pass();
                }
            }

            void Pass()
            {
                var decision = Pace.Decide(applied, $"{wanted}", since, now);
                if (applied is not null && decision.Set != applied)
                    starts.Add(now);
                (applied, wait) = (decision.Set, decision.LookAgain);
            }
        });
}
