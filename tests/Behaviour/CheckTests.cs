using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Checks that run: evidence in the status, on their own schedule, and a VO that is open is told and not Ready.</summary>
[Parallelizable]
public sealed class CheckTests
{
    private World _world = null!;

    private string Ns => _world.Ns("checks");
    private string Database => _world.DatabaseName(Ns);

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1s");
        _world.ApplyInstance(Ns);
        _world.ApplyVo(Ns, "neighbour", "nei", "rucio", "  accounts: [{name: secretive}]\n  scopes: [{name: secrets, owner: secretive}]");
        _world.ApplyStorage(Ns, "hidden", "neighbour", "HIDDEN_DISK");
        await _world.ReadyAsync((World.Instances, Ns, "rucio"), (World.Vos, Ns, "neighbour"), (World.Storages, Ns, "hidden"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_VO_that_is_Ready_has_evidence_that_it_is_isolated_and_a_restart_makes_no_other()
    {
        _world.ApplyVo(Ns, "iso", "iso", "rucio");
        var vo = await _world.Bed.WaitReadyAsync(World.Vos, Ns, "iso");
        var evidence = vo["status"]!["checks"]!["isolation"]!;
        Assert.That(World.Reason(vo, "Isolated"), Is.EqualTo("Refused"));
        Assert.That(evidence["attempts"]!.GetValue<int>(), Is.GreaterThan(20));
        Assert.That(evidence["refused"]!.GetValue<int>(), Is.EqualTo(evidence["attempts"]!.GetValue<int>()));
        Assert.That(_world.Bed.Rucio.Checks.Requests.Where(r => r.Vo == "iso").Select(r => $"{r.Prefix.Split('/')[^1]}{r.Path}"),
            Is.SupersetOf(new[] { "rucio-api/accounts/secretive", "rucio-api/rses/HIDDEN_DISK", "rucio-admin/config", "rucio-admin/heartbeats" }));

        _world.Bed.KillOperator();
        await _world.Bed.Operator!.DisposeAsync();
        var (checks, writes) = (ChecksOf("iso"), _world.Bed.Kubernetes.Requests.Mark());
        _world.Bed.StartOperator("--drift-interval=1s");
        await _world.LooksAsync(3);
        Assert.That(ChecksOf("iso"), Is.EqualTo(checks));
        Assert.That(_world.Bed.Kubernetes.Requests.Since(writes, r => r.IsWrite && r.Resource != "leases" && r.Path.Contains("/iso")), Is.Empty);

        _world.Annotate(World.Vos, Ns, "iso", "rucio.cern.ch/reconcile-at", "now");
        await _world.UntilAsync(() => ChecksOf("iso") >= 2 * checks, () => "no check that somebody asked for");
    }

    [Test]
    public async Task Root_that_may_write_the_configuration_of_all_is_told_and_healed()
    {
        _world.ApplyVo(Ns, "open", "ope", "rucio");
        await _world.Bed.WaitReadyAsync(World.Vos, Ns, "open");
        _world.Bed.Rucio.Open("ope");
        _world.Annotate(World.Vos, Ns, "open", "rucio.cern.ch/reconcile-at", "1");
        var refused = await _world.NotReadyAsync(World.Vos, Ns, "open", "NotIsolated");
        Assert.That(World.Message(refused), Does.Contain("write the instance's configuration through the operator's API").And.Contain("read heartbeats"));
        Assert.That(refused["status"]!["checks"]!["isolation"]!["succeeded"]!.AsArray(), Is.Not.Empty);
        await _world.EventAsync(Ns, "open", "NotIsolated", "Root of this VO can do what no VO may");
        Assert.That(await _world.ValueAsync(Database, "SELECT count(*) FROM configs WHERE opt LIKE 'isolation-%'"), Is.EqualTo("0"));

        _world.Bed.Rucio.Open(null);
        _world.Annotate(World.Vos, Ns, "open", "rucio.cern.ch/reconcile-at", "2");
        var healed = await _world.Bed.WaitReadyAsync(World.Vos, Ns, "open");
        Assert.That(healed["status"]!["checks"]!["isolation"]!["succeeded"], Is.Null);
    }

    [Test]
    public async Task Switched_off_there_is_no_attempt_and_no_condition()
    {
        _world.ApplyVo(Ns, "off", "off", "rucio", "  check: {isolation: false}");
        var vo = await _world.Bed.WaitReadyAsync(World.Vos, Ns, "off");
        Assert.That(SandboxBed.Condition(vo, "Isolated"), Is.Null);
        Assert.That(vo["status"]!["checks"], Is.Null);
        Assert.That(ChecksOf("off"), Is.Zero);
    }

    [Test]
    public async Task A_data_path_is_tried_by_a_Job_and_what_it_says_is_told()
    {
        _world.ApplyVo(Ns, "path", "pat", "rucio", "  check: {dataPath: true}");
        _world.ApplyStorage(Ns, "path-disk", "path", "PATH_DISK");
        _world.ApplyStorage(Ns, "path-tape", "path", "PATH_TAPE", spec: "  type: TAPE");
        var vo = await _world.Bed.WaitConditionAsync(World.Vos, Ns, "path", "DataPathVerified", "True", "Verified");
        Assert.That(World.Message(vo, "DataPathVerified"), Does.Contain("PATH_DISK").And.Not.Contain("PATH_TAPE"));
        await _world.ReadyAsync((World.Vos, Ns, "path"));
        Assert.That(await _world.SqlAsync(Database, "SELECT account, scope, state FROM rules WHERE scope = 'operator-check@pat'"), Is.EqualTo(new[] { "operator-check@pat|operator-check@pat|O" }));

        var runs = Runs();
        _world.Bed.KillOperator();
        _world.Bed.StartOperator("--drift-interval=1s");
        await _world.LooksAsync(3);
        Assert.That(Runs(), Is.EqualTo(runs), "one that was made is not made again");

        _world.Bed.Workloads.Failing["data-path"] = """{"outcome": "failed", "message": "PATH_DISK, upload: ServiceUnavailable: no route to host"}""";
        _world.Annotate(World.Vos, Ns, "path", "rucio.cern.ch/reconcile-at", "1");
        var broken = await _world.Bed.WaitConditionAsync(World.Vos, Ns, "path", "DataPathVerified", "False", "DataPathBroken");
        Assert.That(World.Message(broken, "DataPathVerified"), Does.Contain("no route to host"));
        Assert.That(SandboxBed.IsReady(broken), "a storage that is down is no fault of the manifests");
        Assert.That(broken["status"]!["checks"]!["dataPath"]!["lastSuccess"], Is.Not.Null);
        await _world.EventAsync(Ns, "path", "DataPathBroken", "no route to host");

        _world.Bed.Workloads.Failing.TryRemove("data-path", out _);
        _world.Annotate(World.Vos, Ns, "path", "rucio.cern.ch/reconcile-at", "2");
        await _world.Bed.WaitConditionAsync(World.Vos, Ns, "path", "DataPathVerified", "True");
        await _world.EventAsync(Ns, "path", "DataPathVerified", "PATH_DISK");

        _world.PatchSpec(World.Vos, Ns, "path", """{"check": {"dataPath": false}}""");
        await _world.Bed.WaitAsync(World.Vos, Ns, "path", v => SandboxBed.IsReady(v) && SandboxBed.Condition(v, "DataPathVerified") is null);
        await _world.UntilAsync(() => _world.Store.Get("jobs.batch", Ns, "path-data-path") is null && _world.Store.Get("secrets", Ns, "path-data-path") is null, () => "the Job or its Secret stays");
    }

    private int Runs() => _world.Bed.Workloads.Jobs.Count(j => j.StartsWith("data-path", StringComparison.Ordinal));

    private int ChecksOf(string tag) => _world.Bed.Rucio.Checks.CountOf(r => r.Vo == tag);
}
