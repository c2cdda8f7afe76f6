using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Two operators: one works, the other takes over.</summary>
[Parallelizable]
public sealed class FailOverTests
{
    private readonly List<OperatorProcess> _processes = [];
    private readonly string _logs = Directory.CreateTempSubdirectory("rucio-fail-over-").FullName;
    private World _world = null!;

    [SetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--no-operator");
        _world.ApplyInstance(Ns);
    }

    [TearDown]
    public async Task End()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        _processes.Clear();
        await _world.DisposeAsync();
    }

    [OneTimeTearDown]
    public void RemoveLogs() => Directory.Delete(_logs, recursive: true);

    private string Ns => _world.Ns("rucio");

    [Test]
    public async Task A_leader_that_is_stopped_gives_its_lease_back_and_the_other_takes_over()
    {
        var (leader, standby) = await PairAsync();
        // What a crash costs at most, and two seconds until somebody looks.
        Assert.That(_world.Store.List("leases.coordination.k8s.io", "default").Single()["spec"]!["leaseDurationSeconds"]!.GetValue<int>(), Is.EqualTo(15));
        Assert.That(await leader.Process.StopAsync(), Is.Zero);
        // No clock: how long it takes is the bench's business.
        Assert.That(Holder(), Is.Not.EqualTo(leader.Holder), "nobody has to wait for the end of a lease");
        await _world.UntilAsync(() => Holder() != "" && Holder() != leader.Holder, () => $"the lease is held by '{Holder()}'");
        await WorksAsync(standby, "bbb");
    }

    [Test, Category("Slow")]
    public async Task A_leader_that_is_killed_is_replaced_once_its_lease_is_over()
    {
        var (leader, standby) = await PairAsync();
        leader.Process.Kill();
        await _world.UntilAsync(() => Holder() != "" && Holder() != leader.Holder, () => $"the lease is held by '{Holder()}'");
        await WorksAsync(standby, "bbb");
    }

    private async Task<((OperatorProcess Process, string Holder) Leader, OperatorProcess Standby)> PairAsync()
    {
        var leader = StartOne();
        await _world.UntilAsync(() => Holder() != "", () => "nobody leads");
        var holder = Holder();
        await _world.ReadyAsync((World.Instances, Ns, "rucio"));
        var standby = StartOne();
        await _world.UntilAsync(() => ReadLog(2).Contains("standing by", StringComparison.Ordinal), () => $"no second operator stands by: {ReadLog(2)}");
        _world.ApplyVo(Ns, "one", "aaa", "rucio");
        await _world.ReadyAsync((World.Vos, Ns, "one"));
        Assert.That(Holder(), Is.EqualTo(holder), "the first still leads");
        // One of two did it: the work was not done twice.
        Assert.That(_world.Bed.Rucio.Log.CountOf(r => r.Method == "POST" && r.Path == "/vos/aaa"), Is.EqualTo(1));
        return ((leader, holder), standby);
    }

    private async Task WorksAsync(OperatorProcess standby, string tag)
    {
        _world.ApplyVo(Ns, "two", tag, "rucio");
        await _world.ReadyAsync((World.Vos, Ns, "two"));
        Assert.That(standby.HasExited, Is.False);
    }

    private OperatorProcess StartOne()
    {
        string[] arguments = ["--health-port=0", "--leader-election=true", "--drift-interval=1h", .. _world.Bed.ServiceOverrides.Select(o => $"--service-override={o}")];
        var process = OperatorProcess.Start(_world.Bed.OperatorKubeconfig(arguments), LogFile(_processes.Count + 1), arguments);
        _processes.Add(process);
        return process;
    }

    private string Holder() => _world.Store.List("leases.coordination.k8s.io", "default").Select(l => l["spec"]!["holderIdentity"]?.GetValue<string>()).FirstOrDefault() ?? "";

    private string LogFile(int number) => Path.Combine(_logs, $"{TestContext.CurrentContext.Test.ID}-{number}.log");

    private string ReadLog(int number)
    {
        using var file = new FileStream(LogFile(number), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
