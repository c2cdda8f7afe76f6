using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Observed.Scim;
using RucioOperator.Runtime;
using RucioOperator.Tests.Runtime;

namespace RucioOperator.Tests.Observed.Scim;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ScimDirectoryTests : IDisposable
{
    private static readonly ObjectKey Instance = new("rucio", "rucio"), Sky = new("sky", "sky"), Sea = new("sea", "sea");
    private static readonly ScimSource Source = new("iam", FakeScim.Issuer, $"{FakeScim.Issuer}scim", "id", "secret", "");
    private static readonly TimeSpan Often = TimeSpan.FromMinutes(10), Seldom = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider clock = new();
    private readonly FakeScim scim = new();
    private readonly HttpClient http;
    private readonly ScimDirectory directory;
    private int changes;

    public ScimDirectoryTests()
    {
        http = new HttpClient(scim);
        directory = new ScimDirectory(new ScimClient(_ => http, clock), clock);
        directory.Changed += key => Interlocked.Add(ref changes, key == Instance ? 1 : 100);
        scim.Groups.Add(FakeScim.Group("sky"));
        scim.Users.Add(FakeScim.User("a", "alice", "sky"));
    }

    [Test]
    public async Task A_pass_never_waits_and_is_woken_by_the_first_picture()
    {
        Assert.That(Look().People, Is.Null);
        await ChangesAsync(1);
        Assert.That(Look().People!.Users.Single().UserName, Is.EqualTo("alice"));
    }

    [Test]
    public async Task Nobody_is_woken_while_nothing_is_different()
    {
        Look();
        await ChangesAsync(1);
        await ReadsAsync(2, Often);
        Assert.That(changes, Is.EqualTo(1));
        scim.Users.Add(FakeScim.User("b", "bob", "sky"));
        await ReadsAsync(3, Often);
        await ChangesAsync(2);
    }

    [Test]
    public async Task Two_who_ask_are_served_by_one_read_at_the_shorter_interval()
    {
        directory.Look(Instance, Source, Sky, Seldom);
        await ChangesAsync(1);
        directory.Look(Instance, Source, Sea, Often, now: true);
        await ReadsAsync(2, TimeSpan.Zero);
        await ReadsAsync(3, Often);
    }

    [Test]
    public async Task What_was_read_stays_while_reads_fail_and_the_failure_is_told_once()
    {
        Look();
        await ChangesAsync(1);
        Refuse();
        await ReadsAsync(2, Often);
        await ChangesAsync(2);
        var look = Look();
        Assert.That((look.Failure!.Reason, look.People!.Users.Count), Is.EqualTo((ScimFailure.ScimFailed, 1)));
        Refuse();
        await ReadsAsync(3, Often);
        Assert.That(changes, Is.EqualTo(2));
        await ReadsAsync(4, Often);
        await ChangesAsync(3);
        Assert.That(Look().Failure, Is.Null);
    }

    [Test]
    public async Task Another_client_is_tried_at_once_and_another_address_forgets_the_people()
    {
        Look();
        await ChangesAsync(1);
        Assert.That(directory.Look(Instance, Source with { ClientSecret = "other" }, Sky, Often).People, Is.Not.Null);
        await ReadsAsync(2, TimeSpan.Zero);
        Assert.That(directory.Look(Instance, Source with { Url = "https://elsewhere.example.org/scim" }, Sky, Often).People, Is.Null);
    }

    [Test]
    public async Task Who_is_not_asked_for_any_more_is_not_read_any_more()
    {
        Look();
        await ChangesAsync(1);
        await Eventually.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            return Reads >= 4;
        });
        clock.Advance(TimeSpan.FromHours(2));
        await Task.Yield();
        var reads = Reads;
        clock.Advance(TimeSpan.FromHours(2));
        await Task.Yield();
        Assert.That(Reads, Is.LessThanOrEqualTo(reads + 1));
        changes = 0;
        Look();
        await ChangesAsync(1);
    }

    public void Dispose()
    {
        http.Dispose();
        scim.Dispose();
    }

    private int Reads
    {
        get
        {
            lock (scim.Calls)
                return scim.Calls.Count(c => c.Path.StartsWith("/.well-known", StringComparison.Ordinal));
        }
    }

    private ScimLook Look() => directory.Look(Instance, Source, Sky, Often);

    private void Refuse() => scim.Instead.Enqueue(_ => new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized) { RequestMessage = new() });

    private Task ChangesAsync(int count) => Eventually.TrueAsync(() => changes >= count);

    /// <summary>Time runs, but no further than one interval.</summary>
    private async Task ReadsAsync(int count, TimeSpan within)
    {
        var end = clock.GetUtcNow() + within + TimeSpan.FromSeconds(1);
        await Eventually.TrueAsync(() =>
        {
            if (Reads < count && clock.GetUtcNow() < end)
                clock.Advance(TimeSpan.FromSeconds(1));
            return Reads >= count;
        });
    }
}
