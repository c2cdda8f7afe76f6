using NUnit.Framework;
using RucioOperator.Apply.Transfers;
using RucioOperator.Controllers;
using RucioOperator.Grid;
using RucioOperator.Planning;
using static RucioOperator.Tests.Apply.Transfers.KeeperBed;

namespace RucioOperator.Tests.Apply.Transfers;

/// <summary>Thirty days in some seconds, with servers that come and go.</summary>
public sealed class SoakTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5), Days = TimeSpan.FromDays(30);

    /// <summary>After so long without trouble every retry has been made: the longest pause is half an hour.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(36);

    [TestCase(1)]
    public void No_delegation_comes_near_its_end_unless_an_outage_lasts_as_long_and_that_is_told_in_time(int seed)
    {
        using var bed = new KeeperBed();
        var random = new Random(seed);
        var outages = new[] { North.Host, South.Host, "voms.example.org" }.Select(host => new Outages(host, random, bed.Clock.Start)).ToList();
        var second = bed.Grid.Robot("second");
        Holding[] holdings =
        [
            .. new[] { North, South }.Select(server => new Holding(Sky, server, bed.Wish(), [server.Host], TimeSpan.FromHours(48))),
            // VOMS gives 24 hours: half of that is the time in which it may be away.
            .. new[] { North, South }.Select(server => new Holding(new(Instance, "two"), server, bed.Wish(second) with { Holder = new(Instance, "two"), Owner = new("two", "two"), Voms = Voms() }, [server.Host, "voms.example.org"], TimeSpan.FromHours(12))),
        ];
        var (narrow, alarms, warnings) = (0, 0, 0);
        for (var passed = TimeSpan.Zero; passed < Days; passed += Step)
        {
            var now = bed.Clock.GetUtcNow();
            foreach (var outage in outages)
                outage.At(now, bed.Grid);
            foreach (var holding in holdings)
                bed.Follow(holding.Wish);
            bed.Clock.Advance(Step);
            now = bed.Clock.GetUtcNow();
            foreach (var holding in holdings)
            {
                holding.See(now, outages);
                var held = bed.Grid.Held.Where(h => h.Key.Server == holding.Server && h.Key.Id == holding.Id).Select(h => (DateTimeOffset?)h.Value).SingleOrDefault();
                var left = held - now ?? TimeSpan.Zero;
                var told = Told(bed, holding, now);
                if (left < Renewal.FtsLimit)
                {
                    narrow++;
                    Assert.That(now - holding.LastCalm, Is.GreaterThan(holding.Slack - Renewal.FtsLimit), $"{holding.Holder.Tag} at {holding.Server.Host} has {left} left on {now:u}, and its servers answered at {holding.LastCalm:u}");
                }
                if (left <= Renewal.Alarm)
                {
                    alarms++;
                    Assert.That(told.Status, Is.Not.True, $"{holding.Holder.Tag} at {holding.Server.Host} has {left} left on {now:u}: {told.Message}");
                }
                else if (told is { Status: true, IsNews: true })
                {
                    warnings++;
                }
            }
        }
        TestContext.Out.WriteLine($"{outages.Sum(o => o.Count)} outages; {bed.Grid.Calls.Count} calls, {bed.Grid.Count("put")} delegations, {bed.Grid.Count("attributes")} questions to VOMS; of {Days / Step * holdings.Length:0} looks {narrow} with less than an hour left, {alarms} with an alarm, {warnings} with a warning");
        Assert.Multiple(() =>
        {
            Assert.That(bed.Grid.Raced, Is.False);
            Assert.That(narrow, Is.Positive, "no outage was long enough to try it");
            Assert.That(warnings, Is.Positive);
            Assert.That(bed.Grid.Held.Values.Min(), Is.GreaterThan(bed.Clock.Start.AddDays(28)));
        });
    }

    /// <summary>As the status would say it of this server alone.</summary>
    private static TransferCondition Told(KeeperBed bed, Holding holding, DateTimeOffset now) =>
        new TransferVerdict(new(holding.Wish.Credential, "", null, null), [holding.Server], holding.Wish.Voms, bed.Keeper.Find(holding.Holder, holding.Wish.Owner) ?? TransferState.Nothing, null, now)
            .Conditions.Single(c => c.Type == TransferConditions.Delegated);

    /// <param name="Slack">How long before its end it is renewed.</param>
    private sealed record Holding(Holder Holder, Uri Server, TransferWish Wish, IReadOnlyList<string> Hosts, TimeSpan Slack)
    {
        private DateTimeOffset _calmSince;

        public string Id { get; } = PlayedGrid.IdOf(Wish.Credential.Dn, Wish.Voms?.Fqans ?? []);

        /// <summary>When all that it needs had answered for long enough; the beginning of time: never.</summary>
        public DateTimeOffset LastCalm { get; private set; }

        public void See(DateTimeOffset now, IEnumerable<Outages> outages)
        {
            _calmSince = outages.Any(o => o.IsDown && Hosts.Contains(o.Host)) ? default : _calmSince == default ? now : _calmSince;
            LastCalm = _calmSince != default && now - _calmSince >= Calm ? now : LastCalm;
        }
    }

    /// <summary>Up for a day or two, down for anything from minutes to three days.</summary>
    private sealed class Outages(string host, Random random, DateTimeOffset start)
    {
        private static readonly string[] Reasons = [GridRefusedException.FtsUnreachable, GridRefusedException.FtsRefused, GridRefusedException.FtsNotTrusted];

        private DateTimeOffset _turn = start.AddHours(12);

        public string Host => host;
        public bool IsDown { get; private set; }
        public int Count { get; private set; }

        public void At(DateTimeOffset now, PlayedGrid grid)
        {
            if (now < _turn)
                return;
            IsDown = !IsDown;
            Count += IsDown ? 1 : 0;
            _turn = now + (IsDown ? TimeSpan.FromHours(Math.Pow(10, random.NextDouble() * 2.6 - 0.7)) : TimeSpan.FromHours(4 + 44 * random.NextDouble()));
            if (IsDown)
                grid.Faults[host] = Reasons[random.Next(Reasons.Length)];
            else
                grid.Faults.TryRemove(host, out _);
        }
    }
}
