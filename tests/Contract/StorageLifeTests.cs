using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>How full a storage is, who says so, and how one that is full comes to its end.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class StorageLifeTests(bool live) : ContractTests(live)
{
    private DesiredVo _vo = null!;
    private RucioSession _root = null!;

    [SetUp]
    public async Task MakeVoAsync()
    {
        _vo = await Bed.NewVoAsync();
        _root = Bed.Root(_vo);
    }

    [Test]
    public async Task What_is_reported_is_read_back_over_rest_as_from_the_tables()
    {
        await _root.ImportAsync(ImportDocument.Of([new DesiredRse("SPACE")]), default);
        Assert.That((await RseAsync("SPACE")).Space, Is.EqualTo(new ObservedSpace(0, 0, null)));
        Assert.That(await _root.SpaceAsync("SPACE", default), Is.EqualTo(new ObservedSpace(0, 0, null)));
        for (var i = 0; i < 2; i++)
            await _root.ReportSpaceAsync("SPACE", new(7, 1L << 60, 3), default);
        var (tables, rest) = ((await RseAsync("SPACE")).Space!, await _root.SpaceAsync("SPACE", default));
        Assert.That(tables.Reported! with { At = default }, Is.EqualTo(new ReportedSpace(7, 1L << 60, 3, default)));
        Assert.That(tables.Reported.At, Is.EqualTo(DateTime.UtcNow).Within(TimeSpan.FromMinutes(2)));
        Assert.That(rest.Reported! with { At = tables.Reported.At }, Is.EqualTo(tables.Reported));
        Assert.That(rest.Reported.At, Is.EqualTo(tables.Reported.At).Within(TimeSpan.FromSeconds(2)));

        // As a script that asks the storage does.
        await _root.SendAsync(HttpMethod.Put, "rses/SPACE/usage", JsonNode.Parse("""{"source": "storage", "used": 5, "free": 6}"""), default);
        Assert.That((await RseAsync("SPACE")).Space!.Reported! with { At = default }, Is.EqualTo(new ReportedSpace(5, 6, null, default)));
        Assert.That((await _root.SpaceAsync("SPACE", default)).Reported! with { At = default }, Is.EqualTo(new ReportedSpace(5, 6, null, default)));
        await RefusedAsync(() => _root.ReportSpaceAsync("NOPE", new(1, 1, 1), default), "RSENotFound");
    }

    [Test]
    public async Task A_drained_storage_keeps_what_rules_hold_tells_of_it_and_goes_when_it_is_empty()
    {
        var wanted = ContractRse.Of("DRAIN") with { Attributes = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["site"] = "A" } };
        await RunAsync(StoragePlan.For([wanted], await ObserveAsync(), []).Changes);
        await _root.CreateScopeAsync("root", "files", default);
        await _root.SetLocalLimitAsync("root", "DRAIN", -1, default);
        await _root.SendAsync(HttpMethod.Post, "replicas", JsonNode.Parse("""{"rse": "DRAIN", "files": [{"scope": "files", "name": "held", "bytes": 40, "adler32": "0cc737eb"}, {"scope": "files", "name": "forgotten", "bytes": 2, "adler32": "0cc737eb"}]}"""), default);
        var rule = (string)JsonNode.Parse((await _root.SendAsync(HttpMethod.Post, "rules/", JsonNode.Parse("""{"dids": [{"scope": "files", "name": "held"}], "account": "root", "copies": 1, "rse_expression": "DRAIN"}"""), default))!)![0]!;
        await AbacusAsync();
        Assert.That((await RseAsync("DRAIN")).Space, Is.EqualTo(new ObservedSpace(42, 2, null)));

        await RunAsync(Draining.Changes(await RseAsync("DRAIN")));
        var drained = await RseAsync("DRAIN");
        Assert.That(Draining.Changes(drained), Is.Empty);
        Assert.That((drained.Read, drained.Write, drained.Delete, drained.Attributes["decommission"], drained.Attributes["greedyDeletion"]), Is.EqualTo((true, false, true, Draining.Mark, "true")));
        Assert.That(drained.Protocols, Is.EquivalentTo(wanted.Protocols));
        await RefusedAsync(() => _root.SendAsync(HttpMethod.Post, "replicas", JsonNode.Parse("""{"rse": "DRAIN", "files": [{"scope": "files", "name": "late", "bytes": 1}]}"""), default), "ResourceTemporaryUnavailable");

        var count = await Bed.Instance.CountReplicasAsync(drained, _root, default);
        Assert.That(count, Is.EqualTo(new ReplicaCount(2, 42, Locked: 1, Rules: 1, Forgotten: 1)));
        Assert.That(Draining.Waits(drained, count).Message, Does.Contain("2 files, 42 bytes; 1 of them are held by 1 rule").And.Contain("1 have neither"));
        await RefusedAsync(() => _root.DeleteRseAsync("DRAIN", default), "RSEOperationNotSupported");

        // What the judge-cleaner and the reaper do.
        var (id, tag) = (Guid.ParseExact(drained.Id, "N"), _vo.Spec.Tag);
        await Bed.SqlAsync("DELETE FROM locks WHERE rule_id = $1", Guid.Parse(rule));
        await Bed.SqlAsync("UPDATE replicas SET lock_cnt = 0, tombstone = now() AT TIME ZONE 'utc' WHERE rse_id = $1", id);
        Assert.That(Draining.Waits(drained, await Bed.Instance.CountReplicasAsync(drained, _root, default)).Reason, Is.EqualTo("Emptying"));
        await Bed.SqlAsync("DELETE FROM replicas WHERE rse_id = $1", id);
        Assert.That(await Bed.Instance.CountReplicasAsync(drained, _root, default), Is.EqualTo(new ReplicaCount(0, 0, 0, 0, Forgotten: 0)));
        await RefusedAsync(() => _root.DeleteRseAsync("DRAIN", default), "RSEOperationNotSupported");
        await Bed.SqlAsync("UPDATE rse_usage SET used = 0, files = 0 WHERE rse_id = $1 AND source = 'rucio'", id);
        for (var i = 0; i < 2; i++)
            await _root.DeleteRseAsync("DRAIN", default);
        Assert.That((await RseAsync("DRAIN")).Deleted, Is.True);

        // The same storage once more: nothing of its end is left.
        for (var round = 0; round < 2; round++)
            await RunAsync(StoragePlan.For([wanted], await ObserveAsync(), []).Changes);
        var back = await RseAsync("DRAIN");
        Assert.That(StoragePlan.For([wanted], await ObserveAsync(), []).Changes, Is.Empty);
        Assert.That((back.Id, back.Deleted, back.Write), Is.EqualTo((drained.Id, false, true)));
        Assert.That(back.Attributes.Keys, Is.EquivalentTo(new[] { "DRAIN", "site" }));
    }

    [Test]
    public async Task Where_somebody_has_the_data_moved_their_word_stays()
    {
        const string Theirs = "profile=generic_move,destination=ELSEWHERE,status=processing";
        await _root.ImportAsync(ImportDocument.Of([new DesiredRse("MOVED") { Attributes = new Dictionary<string, string> { ["decommission"] = Theirs }, Read = false }]), default);
        await RunAsync(Draining.Changes(await RseAsync("MOVED")));
        var rse = await RseAsync("MOVED");
        Assert.That((rse.Attributes["decommission"], rse.Read, rse.Write), Is.EqualTo((Theirs, false, false)));
        Assert.That(Draining.Changes(rse), Is.Empty);
    }

    private async Task RunAsync(IReadOnlyList<StorageChange> changes)
    {
        var execution = new StoragePlanExecution(_root, _vo.Claimant, NullLogger.Instance);
        await execution.RunAsync(changes, default);
        Assert.That(execution.Errors, Is.Empty);
    }

    private Task<ObservedVo> ObserveAsync() => Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default);

    private async Task<ObservedRse> RseAsync(string name) => (await ObserveAsync()).Rses[name];

    /// <summary>One cycle of abacus-rse.</summary>
    private Task AbacusAsync() => Bed.SqlAsync("""
        WITH delta AS (DELETE FROM updated_rse_counters RETURNING rse_id, files, bytes)
        UPDATE rse_usage u SET used = u.used + d.bytes, files = u.files + d.files FROM (SELECT rse_id, sum(files) files, sum(bytes) bytes FROM delta GROUP BY 1) d WHERE u.rse_id = d.rse_id AND u.source = 'rucio'
        """);
}
