using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>A storage says what runs at its site, and has in Rucio what that needs; status tells it all.</summary>
[Parallelizable]
public sealed class StorageTechnologyTests
{
    private World _world = null!;

    private string Rucio => _world.Ns("rucio");

    [SetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1s");
        _world.ApplyInstance(Rucio, spec: "  tenancy: {allowedHosts: [localhost]}");
        _world.ApplyVo(Rucio, "sky", "sky", "rucio");
    }

    [TearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Every_technology_is_made_told_in_status_and_then_left_in_peace()
    {
        Dictionary<StorageTechnology, string> urls = new()
        {
            [StorageTechnology.EOS] = "root://eos.example.org//eos/sky/",
            [StorageTechnology.CTA] = "https://cta.example.org:8444/eos/cta/sky/",
            [StorageTechnology.DCache] = "srm+https://d.example.org/pnfs/sky/",
            [StorageTechnology.StoRM] = "storm://storm.example.org/sky/",
            [StorageTechnology.XRootD] = "root://x.example.org//sky/",
            [StorageTechnology.WebDAV] = "davs://w.example.org/sky/",
            [StorageTechnology.S3] = "s3://s3.example.org/bucket/sky/",
            [StorageTechnology.Posix] = "file:///data/sky/",
        };
        foreach (var (technology, url) in urls)
            _world.ApplyStorage(Rucio, $"{technology}".ToLowerInvariant(), "sky", $"{technology}".ToUpperInvariant(), url, $"  technology: {technology}{(technology == StorageTechnology.CTA ? "\n  type: TAPE" : "")}");
        await _world.ReadyAsync([.. urls.Keys.Select(t => (World.Storages, Rucio, $"{t}".ToLowerInvariant()))]);

        Assert.That(Effective("s3")["presetAttributes"]!.AsArray().Select(a => a!.GetValue<string>()), Is.EqualTo(new[] { "s3_url_style", "sign_url", "skip_upload_stat", "strict_copy", "verify_checksum" }));
        Assert.That(Effective("dcache")["protocols"]![0]!.ToJsonString(), Is.EqualTo(JsonNode.Parse("""
            {"url": "srm+https://d.example.org:8443/pnfs/sky/", "impl": "rucio.rse.protocols.gfal.Default", "lan": {}, "wan": {"thirdPartyCopyRead": 1, "thirdPartyCopyWrite": 1}, "extendedAttributes": {"web_service_path": "/srm/managerv2?SFN="}}
            """)!.ToJsonString()));
        Assert.That(Effective("cta")["attributes"]!["archive_timeout"]!.GetValue<string>(), Is.EqualTo("86400"));
        Assert.That(await Sql("SELECT scheme || ' ' || impl || ' ' || coalesce(read_lan::text, '-') || coalesce(write_lan::text, '-') || coalesce(read_wan::text, '-') || coalesce(third_party_copy_read::text, '-') FROM rse_protocols ORDER BY 1"), Is.EqualTo(new[]
        {
            "davs rucio.rse.protocols.gfal.Default 1111", "file rucio.rse.protocols.posix.Default 111-", "https rucio.rse.protocols.gfal.Default 1111", "https rucio.rse.protocols.gfal.NoRename 1111",
            "root rucio.rse.protocols.gfal.Default 1111", "root rucio.rse.protocols.gfal.Default 1111", "srm+https rucio.rse.protocols.gfal.Default ---1", "storm rucio.rse.protocols.storm.Default 1---",
        }));

        // What the last of them brought about for the others and for their VO is over then.
        await _world.ReadyAsync((World.Vos, Rucio, "sky"));
        await _world.LooksAsync(3);
        var (calls, versions) = (_world.Bed.Rucio.Log.Count, Versions());
        await _world.LooksAsync(3);
        Assert.That(_world.Bed.Rucio.Log.Count, Is.EqualTo(calls), string.Join('\n', _world.Bed.Rucio.Log.Requests.Skip(calls)));
        Assert.That(Versions(), Is.EqualTo(versions));

        IReadOnlyList<string> Versions() => [.. urls.Keys.Select(t => _world.Store.Get(World.Storages, Rucio, $"{t}".ToLowerInvariant())!["metadata"]!["resourceVersion"]!.GetValue<string>())];
    }

    [Test]
    public async Task Another_technology_takes_away_what_the_first_brought_and_lost_settings_come_back()
    {
        _world.ApplyStorage(Rucio, "bucket", "sky", "SKY_BUCKET", "https://s3.example.org/bucket/sky/", "  technology: S3");
        await _world.ReadyAsync((World.Storages, Rucio, "bucket"));
        _world.PatchSpec(World.Storages, Rucio, "bucket", """{"technology": "WebDAV", "checksums": {"verify": true}, "endpoints": [{"url": "https://s3.example.org/bucket/sky/", "extendedAttributes": {"a": "b"}}]}""");
        await _world.Bed.WaitAsync(World.Storages, Rucio, "bucket", s => SandboxBed.IsReady(s) && s["status"]!["effective"]!["technology"]!.GetValue<string>() == "WebDAV");
        Assert.That(await Sql("SELECT key || '=' || value FROM rse_attr_map m JOIN rses r ON r.id = m.rse_id WHERE rse = 'SKY_BUCKET' AND key <> rse ORDER BY 1"), Is.EqualTo(new[] { "verify_checksum=true" }));
        Assert.That(await Sql("SELECT impl FROM rse_protocols"), Is.EqualTo(new[] { "rucio.rse.protocols.gfal.Default" }));

        await Sql("UPDATE rse_protocols SET extended_attributes = 'null'");
        await _world.EventAsync(Rucio, "bucket", "DriftDetected", "endpoints https://s3.example.org:443");
        await _world.SqlBecomesAsync(_world.DatabaseName(Rucio), "SELECT extended_attributes FROM rse_protocols", """{"a":"b"}""");
    }

    private JsonNode Effective(string name) => _world.Store.Get(World.Storages, Rucio, name)!["status"]!["effective"]!;

    private Task<IReadOnlyList<string>> Sql(string sql) => _world.SqlAsync(_world.DatabaseName(Rucio), sql);
}
