using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Desired;

namespace RucioOperator.Tests.Behaviour;

/// <summary>From a Secret with a robot certificate to the files that Rucio's daemons open, each VO's for its own data alone.</summary>
[Parallelizable]
public sealed class ProxiesBehaviourTests
{
    private TransferBed _bed = null!;

    private InstanceNames Names => new(_bed.Ns, "rucio");

    [OneTimeSetUp]
    public async Task Start()
    {
        _bed = await TransferBed.StartAsync(", credentialSecretRef: {name: default}", "--drift-interval=1s");
        await _bed.World.ReadyAsync((World.Instances, _bed.Ns, "rucio"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _bed.World.AssertNoSecretIsTold();
        await _bed.DisposeAsync();
    }

    [Test]
    public async Task A_proxy_comes_changes_and_goes_without_a_restart_of_who_shows_it()
    {
        await _bed.World.UntilAsync(() => Subject(Proxies.DefaultKey, Names.Proxy) == "default", () => "no default proxy");
        _bed.Vo("own", "");
        await _bed.World.ReadyAsync((World.Vos, _bed.Ns, "own"), (World.Instances, _bed.Ns, "rucio"));
        await _bed.World.LooksAsync(3);
        var pods = Generations();

        _bed.Robot("own", "own");
        _bed.World.PatchSpec(World.Vos, _bed.Ns, "own", """{"transfers": {"credentialSecretRef": {"name": "own"}}}""");
        await _bed.World.UntilAsync(() => Subject("own") == "own", () => "no proxy in the Secret");
        await _bed.ToldAsync("own", "Delegated", "True", "Delegated");
        var first = Data("own");
        Assert.That(Encoding.UTF8.GetString(first!), Does.Contain("PRIVATE KEY"), "certificate, key and chain in one file");

        _bed.Robot("own", "renewed");
        await _bed.World.UntilAsync(() => Subject("own") == "renewed", () => "the proxy is still that of the certificate before");
        Assert.That(Generations(), Is.EqualTo(pods));

        _bed.World.PatchSpec(World.Vos, _bed.Ns, "own", """{"transfers": null}""");
        await _bed.World.UntilAsync(() => Data("own") is null, () => "the proxy stays");
        Assert.That(Generations(), Is.EqualTo(pods));
    }

    [Test]
    public async Task A_restarted_operator_leaves_the_proxies_as_they_are()
    {
        _bed.Robot("kept", "kept");
        _bed.Vo("kep", "{credentialSecretRef: {name: kept}}");
        await _bed.World.UntilAsync(() => Subject("kep") == "kept", () => "no proxy in the Secret");
        await _bed.ToldAsync("kep", "Delegated", "True", "Delegated");
        var before = (Data("kep"), Data(Proxies.DefaultKey, Names.Proxy));

        _bed.World.Bed.KillOperator();
        _bed.World.Bed.StartOperator("--drift-interval=1s");
        await _bed.World.LooksAsync(4);
        Assert.That((Data("kep"), Data(Proxies.DefaultKey, Names.Proxy)), Is.EqualTo(before));
    }

    [Test]
    public async Task A_single_VOs_proxy_outlives_the_operator_and_a_suspension()
    {
        var proxy = new InstanceNames(_bed.Ns, "one").Proxy;
        _bed.World.ApplyInstance(_bed.Ns, "one", $"  multiVo: false\n  trust: {{caBundles: [{{name: ca}}]}}\n  transfers: {{ftsServers: [\"{TransferBed.Text(_bed.North)}\"]}}");
        _bed.Robot("single", "single");
        _bed.World.ApplyVo(_bed.Ns, "lab", "def", "one", "  transfers: {credentialSecretRef: {name: single}}\n");
        await _bed.World.UntilAsync(() => Subject(Proxies.DefaultKey, proxy) == "single", () => "no proxy in the Secret");
        await _bed.ToldAsync("lab", "Delegated", "True", "Delegated");
        var before = Data(Proxies.DefaultKey, proxy);

        Restart();
        await _bed.World.LooksAsync(4);
        Assert.That(Data(Proxies.DefaultKey, proxy), Is.EqualTo(before), "a restart makes no new one");

        _bed.World.PatchSpec(World.Vos, _bed.Ns, "lab", """{"suspend": true}""");
        Restart();
        await _bed.World.LooksAsync(4);
        Assert.That(Data(Proxies.DefaultKey, proxy), Is.EqualTo(before), "what is there stays until there is something newer");

        void Restart()
        {
            _bed.World.Bed.KillOperator();
            _bed.World.Bed.StartOperator("--drift-interval=1s");
        }
    }

    [Test]
    public async Task A_VO_with_its_own_credential_is_deleted_for_by_its_own_reaper()
    {
        _bed.Robot("mine", "mine");
        _bed.Vo("min", "{credentialSecretRef: {name: mine}}");
        _bed.World.ApplyStorage(_bed.Ns, "mine-disk", "min", "MIN_DISK");
        await _bed.World.UntilAsync(() => Reaper("rucio-reaper-min") is not null, () => "no reaper of its own");
        var pod = Reaper("rucio-reaper-min")!["spec"]!["template"]!["spec"]!;
        var proxy = pod["volumes"]!.AsArray().Single(v => v!["name"]!.GetValue<string>() == "proxy")!["secret"]!;
        Assert.That((proxy["secretName"]!.GetValue<string>(), proxy["items"]!.ToJsonString()), Is.EqualTo((Proxies.SecretOf(Names, "min"), """[{"key":"min","path":"x509up"}]""")));
        Assert.That(Arguments("rucio-reaper-min"), Does.Contain("'--vos' 'min'"));
        // The two Deployments are two writes.
        await _bed.World.UntilAsync(() => Arguments("rucio-reaper") is var all && all.Contains("'--vos'", StringComparison.Ordinal) && all.Contains("'def'", StringComparison.Ordinal) && !all.Contains("'min'", StringComparison.Ordinal), () => Arguments("rucio-reaper"));
        await _bed.World.ReadyAsync((World.Instances, _bed.Ns, "rucio"));

        _bed.World.PatchSpec(World.Vos, _bed.Ns, "min", """{"transfers": null}""");
        await _bed.World.UntilAsync(() => Reaper("rucio-reaper-min") is null, () => "its reaper stays");
        await _bed.World.UntilAsync(() => !Arguments("rucio-reaper").Contains("'--vos' 'min'", StringComparison.Ordinal), () => Arguments("rucio-reaper"));
    }

    private JsonObject? Reaper(string name) => _bed.World.Store.Get("deployments.apps", _bed.Ns, name);

    private string Arguments(string reaper) =>
        Reaper(reaper)!["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray().Single(e => e!["name"]!.GetValue<string>() == "RUCIO_DAEMON_ARGS")!["value"]!.GetValue<string>();

    private byte[]? Data(string key, string? secret = null) =>
        _bed.World.Store.Get("secrets", _bed.Ns, secret ?? Proxies.SecretOf(Names, key))?["data"]?[key]?.GetValue<string>() is { } text ? Convert.FromBase64String(text) : null;

    /// <summary>The robot whose proxy it is.</summary>
    private string? Subject(string key, string? secret = null)
    {
        if (Data(key, secret) is not { } pem)
            return null;
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(Encoding.UTF8.GetString(pem));
        return chain[1].GetNameInfo(X509NameType.SimpleName, false);
    }

    /// <summary>Of all that shows a proxy, but reapers, which are shared out anew.</summary>
    private List<string> Generations() => [.. _bed.World.Store.List("deployments.apps").Where(d => d["metadata"]!["namespace"]!.GetValue<string>() == _bed.Ns && !d["metadata"]!["name"]!.GetValue<string>().Contains("reaper", StringComparison.Ordinal))
        .Select(d => $"{d["metadata"]!["name"]} {d["metadata"]!["generation"]}").Order(StringComparer.Ordinal)];
}
