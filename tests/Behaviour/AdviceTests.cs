using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What is allowed and yet unwise is told, and what would let two VOs at the same files is refused.</summary>
[Parallelizable]
public sealed class AdviceTests
{
    private World _world = null!;
    private string _ns = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1h");
        _ns = _world.Ns("advice");
        _world.ApplyInstance(_ns, spec: "  transfers: {ftsServers: ['https://fts.example.org:8446']}");
        _world.ApplyVo(_ns, "vo", "adv", "rucio");
        _world.ApplyVo(_ns, "next", "nex", "rucio");
        _world.ApplyVo(_ns, "heard", "hea", "rucio");
        await _world.ReadyAsync((World.Instances, _ns, "rucio"), (World.Vos, _ns, "vo"), (World.Vos, _ns, "next"), (World.Vos, _ns, "heard"));
    }

    [OneTimeTearDown]
    public async Task End() => await _world.DisposeAsync();

    [Test]
    public async Task Advice_comes_with_an_event_leaves_Ready_alone_and_goes_when_it_is_heeded()
    {
        const string fts = "  fts: https://fts.example.org:8446";
        _world.ApplyStorage(_ns, "one", "heard", "HEA_ONE", "davs://one.example.org/hea/one/", fts);
        _world.ApplyStorage(_ns, "two", "heard", "HEA_TWO", "davs://two.example.org/data/");
        var two = await _world.Bed.WaitConditionAsync(World.Storages, _ns, "two", "Advised", "True", "PrefixWithoutVo");
        await _world.Bed.WaitAsync(World.Storages, _ns, "two", s => SandboxBed.IsReady(s) && World.Message(s, "Advised").Contains("spec.fts: absent, so nothing moves between this storage and others at a distance, such as HEA_ONE", StringComparison.Ordinal));
        Assert.That(World.Message(two, "Advised"), Does.StartWith("spec.endpoints[0].url: /data/ has no folder named like the VO (hea)"));
        await _world.EventAsync(_ns, "two", "FtsMissing", "spec.fts");
        await _world.ReadyAsync((World.Storages, _ns, "one"));
        Assert.That(SandboxBed.Condition(_world.Store.Get(World.Storages, _ns, "one")!, "Advised"), Is.Null);

        // A third one changes nothing of what is said, and says nothing twice.
        _world.ApplyStorage(_ns, "zulu", "heard", "HEA_ZULU", "davs://zulu.example.org/hea/", fts);
        await _world.ReadyAsync((World.Storages, _ns, "zulu"));
        Assert.That(_world.Events(_ns, "two", "FtsMissing"), Has.Count.EqualTo(1));
        _world.PatchSpec(World.Storages, _ns, "two", """{"fts": "https://fts.example.org:8446", "endpoints": [{"url": "davs://two.example.org/hea/two/"}]}""");
        await _world.Bed.WaitAsync(World.Storages, _ns, "two", s => SandboxBed.IsReady(s) && SandboxBed.Condition(s, "Advised") is null);
    }

    [Test]
    public async Task What_a_VO_says_of_transfers_is_the_default_of_its_storages_and_why_tokens_do_not_work_is_told()
    {
        _world.ApplyVo(_ns, "tokens", "tok", "rucio", "  transfers: {fts: 'https://fts.example.org:8446', mode: Tokens}");
        _world.ApplyStorage(_ns, "tokens-disk", "tokens", "TOK_DISK", "davs://tokens.example.org/tok/");
        _world.ApplyStorage(_ns, "tokens-root", "tokens", "TOK_ROOT", "root://tokens.example.org//tok-root/");
        await _world.ReadyAsync((World.Vos, _ns, "tokens"), (World.Storages, _ns, "tokens-disk"), (World.Storages, _ns, "tokens-root"));
        var effective = _world.Store.Get(World.Storages, _ns, "tokens-disk")!["status"]!["effective"]!["attributes"]!;
        Assert.That((effective["fts"]!.GetValue<string>(), effective["oidc_support"]!.GetValue<string>()), Is.EqualTo(("https://fts.example.org:8446", "true")));
        await _world.Bed.WaitAsync(World.Storages, _ns, "tokens-disk", s => SandboxBed.Condition(s, "Advised") is not null && World.Message(s, "Advised").Contains("RucioInstance rucio has no spec.oidc.adminIssuer", StringComparison.Ordinal));
        await _world.Bed.WaitAsync(World.Storages, _ns, "tokens-root", s => SandboxBed.Condition(s, "Advised") is not null && World.Message(s, "Advised").Contains("TokensNeedDavs", StringComparison.Ordinal));

        _world.PatchSpec(World.Storages, _ns, "tokens-root", """{"fts": "https://other.example.org:8446"}""");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, _ns, "tokens-root", "FtsNotOfVo")), Does.StartWith("spec.fts: https://other.example.org:8446 is not the server of VirtualOrganisation"));
        _world.PatchSpec(World.Storages, _ns, "tokens-root", """{"fts": null}""");

        // Another mind: both go, from the RSE too.
        _world.PatchSpec(World.Vos, _ns, "tokens", """{"transfers": null}""");
        await _world.Bed.WaitAsync(World.Storages, _ns, "tokens-disk", s => SandboxBed.IsReady(s) && s["status"]!["effective"]!["attributes"]?["oidc_support"] is null && s["status"]!["effective"]!["attributes"]?["fts"] is null);
        _world.PatchSpec(World.Vos, _ns, "tokens", """{"transfers": {"fts": "https://nobody.example.org:8446"}}""");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, _ns, "tokens-disk", "FtsNotOffered")), Does.StartWith("spec.transfers.fts of VirtualOrganisation"));
    }

    [Test]
    public async Task A_place_stays_taken_when_only_the_RSE_is_left_of_a_storage()
    {
        _world.ApplyStorage(_ns, "left", "vo", "ADV_LEFT", "davs://kept.example.org:443/adv/");
        await _world.ReadyAsync((World.Storages, _ns, "left"));
        _world.Store.Delete(World.Storages, _ns, "left");
        await _world.GoneAsync(World.Storages, _ns, "left");
        _world.ApplyStorage(_ns, "thief", "next", "NEX_THIEF", "root://kept.example.org:1094//adv/sub/");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, _ns, "thief", "PrefixTaken")), Does.Contain("kept.example.org //adv/sub/").And.Not.Contain("ADV_LEFT"));

        // The VO itself may take it up again, and the other one may go elsewhere.
        _world.ApplyStorage(_ns, "again", "vo", "ADV_LEFT", "davs://kept.example.org:443/adv/");
        _world.PatchSpec(World.Storages, _ns, "thief", """{"endpoints": [{"url": "root://kept.example.org:1094//nex/"}]}""");
        await _world.ReadyAsync((World.Storages, _ns, "again"), (World.Storages, _ns, "thief"));
    }

    [Test]
    public async Task Another_spelling_of_a_host_or_folder_is_the_same_place()
    {
        _world.ApplyStorage(_ns, "first", "vo", "ADV_FIRST", "davs://192.0.2.77:443/eos/adv/");
        await _world.ReadyAsync((World.Storages, _ns, "first"));
        foreach (var (name, url) in ((string, string)[])[("slashes", "root://192.0.2.77//eos/adv/x/"), ("number", "davs://0xc000024d:444/eos/"), ("mapped", "https://[::ffff:192.0.2.77]/eos/adv/")])
        {
            _world.ApplyStorage(_ns, name, "next", $"NEX_{name.ToUpperInvariant()}", url);
            await _world.NotReadyAsync(World.Storages, _ns, name, "PrefixTaken");
        }
    }
}
