using CsCheck;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Tests.Status;

public sealed class ConditionsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, 700, TimeSpan.FromHours(2));

    [Test]
    public void Times_are_whole_seconds_in_utc()
    {
        var built = new Conditions(null, 1, Start).Set("Ready", true, "R", "m").Build();
        Assert.That(built.Single().LastTransitionTime, Is.EqualTo(new DateTime(2026, 1, 1, 10, 0, 0, DateTimeKind.Utc)));
    }

    [Test]
    public void The_transition_time_is_kept_while_the_status_is()
    {
        var first = new Conditions(null, 1, Start).Set("Ready", false, "A", "a").Build();
        var second = new Conditions(first, 2, Start.AddMinutes(1)).Set("Ready", false, "B", "b").Build();
        var third = new Conditions(second, 3, Start.AddMinutes(2)).Set("Ready", true, "C", "c").Build();
        Assert.That(second.Single().LastTransitionTime, Is.EqualTo(first.Single().LastTransitionTime));
        Assert.That(second.Single().ObservedGeneration, Is.EqualTo(2));
        Assert.That(third.Single().LastTransitionTime, Is.GreaterThan(first.Single().LastTransitionTime));
    }

    [Test]
    public void Outcomes_map_to_what_kstatus_reads()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Told(new Outcome.Done()), Is.EqualTo("Ready=True"));
            Assert.That(Told(new Outcome.Requeue(TimeSpan.FromSeconds(1))), Is.EqualTo("Ready=False Reconciling=True"));
            Assert.That(Told(new Outcome.Blocked("Parent", "m")), Is.EqualTo("Ready=False Reconciling=True"));
            Assert.That(Told(new Outcome.Failed(new IOException())), Is.EqualTo("Ready=False Reconciling=True"));
            Assert.That(Told(new Outcome.Rejected("Bad", "m")), Is.EqualTo("Ready=False Stalled=True"));
        });
    }

    [Test]
    public void The_text_of_an_unknown_exception_never_shows() =>
        Assert.That(new Conditions(null, 1, Start).Report(new Outcome.Failed(new IOException("password=hunter2"))).Build().Select(condition => condition.Message), Has.None.Contains("hunter2"));

    [Test]
    public void One_entry_per_type_whatever_happens() =>
        Gen.Select(Gen.Int[0, 2].Select(place => new[] { "Ready", "Served", "Claimed" }[place]), Gen.Bool, Gen.Int[0, 3]).Array.Sample(sets =>
        {
            IReadOnlyList<V1Condition> conditions = [];
            foreach (var (type, status, step) in sets)
                conditions = (step == 0 ? new Conditions(conditions, step, Start).Remove(type) : new Conditions(conditions, step, Start).Set(type, status, "R", "m")).Build();
            return conditions.Select(condition => condition.Type).Distinct().Count() == conditions.Count
                && conditions.Select(condition => condition.Type).SequenceEqual(new Conditions(conditions, 1, Start).Build().Select(condition => condition.Type));
        });

    private static string Told(Outcome outcome)
    {
        // From the opposite: leftovers must go.
        var before = new Conditions(null, 1, Start).Set("Ready", null, "R", "m").Set("Reconciling", true, "R", "m").Set("Stalled", true, "R", "m").Build();
        return string.Join(' ', new Conditions(before, 1, Start).Report(outcome).Build().Select(condition => $"{condition.Type}={condition.Status}"));
    }
}
