using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>What Rucio's own reaper makes of the operator's reports, and of a storage that is drained: real files in a directory.</summary>
[TestFixture(true)]
public sealed class ReaperTests(bool live) : ContractTests(live)
{
    private const long Size = 40;
    private static readonly string[] Loose = ["a", "b", "c", "d"];

    private DesiredVo _vo = null!;
    private RucioSession _root = null!;
    private DirectoryInfo _files = null!;

    [SetUp]
    public async Task FillAsync()
    {
        RucioDaemon.Require(Live);
        _vo = await Bed.NewVoAsync();
        _root = Bed.Root(_vo);
        _files = Directory.CreateTempSubdirectory("reaper-");
        await _root.ImportAsync(ImportDocument.Of([new DesiredRse("REAPED")
        {
            Protocols = [new ObservedProtocol("file", "localhost", 0, _files.FullName + "/", "rucio.rse.protocols.posix.Default", ContractRse.First)],
            MinFreeSpace = 150,
        }]), default);
        await _root.CreateScopeAsync("root", "data", default);
        await _root.SetLocalLimitAsync("root", "REAPED", -1, default);
        string[] names = [.. Loose, "held"];
        foreach (var file in names.Select(PathOf))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, new string('x', (int)Size));
        }
        await _root.SendAsync(HttpMethod.Post, "replicas", new JsonObject
        {
            ["rse"] = "REAPED",
            ["files"] = new JsonArray([.. names.Select(n => (JsonNode)new JsonObject { ["scope"] = "data", ["name"] = n, ["bytes"] = Size, ["adler32"] = "0cc737eb" })]),
        }, default);
        await Bed.SqlAsync("UPDATE replicas SET tombstone = now() AT TIME ZONE 'utc' - interval '1 hour' WHERE scope = $1 AND name <> 'held'", $"data@{_vo.Spec.Tag}");
    }

    [TearDown]
    public void Remove() => _files?.Delete(true);

    [Test]
    public async Task Free_space_is_kept_once_a_report_was_made_and_a_drained_storage_becomes_empty_and_goes()
    {
        var rule = (string)JsonNode.Parse((await _root.SendAsync(HttpMethod.Post, "rules/", JsonNode.Parse("""{"dids": [{"scope": "data", "name": "held"}], "account": "root", "copies": 1, "rse_expression": "REAPED"}"""), default))!)![0]!;
        await RucioDaemon.RunOnceAsync("rucio-abacus-rse");
        await ReapAsync();
        Assert.That(Files(), Has.Length.EqualTo(5), "nobody has reported");

        // 200 of 300 are used, so 50 are missing: two files.
        var rse = await RseAsync();
        var report = SpaceReporting.Decide(300, null, true, rse.Space!, DateTime.UtcNow)!.Report!;
        Assert.That(report, Is.EqualTo(new SpaceReport(5 * Size, 100, 5)));
        await _root.ReportSpaceAsync("REAPED", report, default);
        await ReapAsync();
        Assert.That(Files(), Has.Length.EqualTo(3).And.Contains("held"));
        await RucioDaemon.RunOnceAsync("rucio-abacus-rse");
        Assert.That((await RseAsync()).Space!.Used, Is.EqualTo(3 * Size));

        var execution = new StoragePlanExecution(_root, _vo.Claimant, NullLogger.Instance);
        await execution.RunAsync(Draining.Changes(await RseAsync()), default);
        Assert.That(execution.Errors, Is.Empty);
        await ReapAsync();
        Assert.That(Files(), Is.EqualTo(new[] { "held" }));
        Assert.That(await Bed.Instance.CountReplicasAsync(rse, _root, default), Is.EqualTo(new ReplicaCount(1, Size, 1, 1, Forgotten: 0)));

        await _root.SendAsync(HttpMethod.Delete, $"rules/{rule}", new JsonObject { ["purge_replicas"] = null }, default);
        await Bed.SqlAsync("UPDATE rules SET expires_at = now() AT TIME ZONE 'utc' - interval '1 hour' WHERE id = $1", Guid.Parse(rule));
        await RucioDaemon.RunOnceAsync("rucio-judge-cleaner");
        await ReapAsync();
        Assert.That(Files(), Is.Empty);
        Assert.That((await Bed.Instance.CountReplicasAsync(rse, _root, default)).Files, Is.Zero);
        await RefusedAsync(() => _root.DeleteRseAsync("REAPED", default), "RSEOperationNotSupported");
        await RucioDaemon.RunOnceAsync("rucio-abacus-rse");
        await _root.DeleteRseAsync("REAPED", default);
    }

    private Task ReapAsync() => RucioDaemon.RunOnceAsync("rucio-reaper", "--vos", _vo.Spec.Tag, "--rses", "REAPED", "--delay-seconds", "0");

    private string[] Files() => [.. _files.EnumerateFiles("*", SearchOption.AllDirectories).Select(f => f.Name).Order(StringComparer.Ordinal)];

    private async Task<ObservedRse> RseAsync() => (await Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default)).Rses["REAPED"];

    /// <summary>Where the algorithm hash puts it.</summary>
    private string PathOf(string name)
    {
        var hash = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes($"data:{name}")));
        return Path.Combine(_files.FullName, "data", hash[..2], hash[2..4], name);
    }
}
