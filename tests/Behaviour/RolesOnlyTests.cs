using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>An operator that watches a list of namespaces and has Roles in them and in its own, nothing in the cluster.</summary>
[Parallelizable]
public sealed class RolesOnlyTests
{
    private World _world = null!;
    private string[] _arguments = [];

    private string Rucio => _world.Ns("rucio");
    private string Tenant => _world.Ns("tenant");
    private string Home => _world.Ns("home");
    private string Outside => _world.Ns("outside");
    private string Leaver => _world.Ns("leaver");
    private string Late => _world.Ns("late");
    private string Instance => $"{Rucio}/rucio";

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--no-operator");
        foreach (var ns in (string[])[Rucio, Tenant, Leaver, Home, Outside])
            _world.Namespace(ns);
        _world.ApplyInstance(Rucio, spec: """
              tenancy: {allowedNamespaces: {from: Selector, matchLabels: {tenant: "yes"}}}
            """);
        _arguments = [$"--namespaces={Rucio},{Tenant},{Leaver},{Late}", $"--lease-namespace={Home}", "--leader-election=true", "--drift-interval=5s"];
        _world.Bed.WithoutRole = [Late];
        _world.Bed.StartOperator(_arguments);
        await _world.ReadyAsync((World.Instances, Rucio, "rucio"));
    }

    [OneTimeTearDown]
    public Task End() => _world.DisposeAsync().AsTask();

    [Test]
    public async Task A_namespace_is_allowed_by_its_labels_though_nobody_may_watch_namespaces()
    {
        _world.ApplyVo(Tenant, "vo", "ten", Instance, "  accounts: [{name: alice, identities: [{type: Userpass}]}]");
        _world.ApplyStorage(Tenant, "disk", "vo", "TEN_DISK");
        await _world.NotReadyAsync(World.Vos, Tenant, "vo", "NamespaceNotAllowed");
        _world.Namespace(Tenant, """{tenant: "yes"}""");
        await _world.ReadyAsync((World.Vos, Tenant, "vo"), (World.Storages, Tenant, "disk"));
        var looks = _world.Bed.Kubernetes.Requests.Since(0, r => r.Resource == "namespaces" && r.UserAgent.StartsWith("rucio-operator", StringComparison.Ordinal));
        Assert.That(looks.Select(r => r.Verb).Distinct(), Is.EqualTo(new[] { "get" }));
    }

    [Test]
    public async Task What_lies_outside_is_not_touched_and_a_reference_to_it_is_told()
    {
        _world.ApplyVo(Rucio, "lost", "los", $"{Outside}/rucio");
        await _world.NotReadyAsync(World.Vos, Rucio, "lost", "InstanceNotFound");
        Assert.That(World.Message(_world.Store.Get(World.Vos, Rucio, "lost")!), Does.Contain("spec.instanceRef.namespace").And.Contain(Outside));

        _world.ApplyVo(Outside, "vo", "out", Instance);
        _world.ApplyVo(Rucio, "here", "her", "rucio");
        await _world.ReadyAsync((World.Vos, Rucio, "here"));
        Assert.That(_world.Store.Get(World.Vos, Outside, "vo")!["status"]!["conditions"], Is.Null);
        Assert.That(_world.Bed.Kubernetes.Requests.Count(0, r => r.UserAgent.StartsWith("rucio-operator", StringComparison.Ordinal) && r.Namespace == Outside), Is.Zero);
    }

    [Test]
    public async Task The_cluster_is_named_by_the_operators_own_namespace()
    {
        var uid = _world.Store.Get("namespaces", "", Home)!["metadata"]!["uid"]!.GetValue<string>();
        Assert.That(await _world.ValueAsync(_world.DatabaseName(Rucio), "SELECT value FROM configs WHERE section = 'rucio-operator' AND opt = 'owner'"), Does.Contain(uid));
    }

    [Test]
    public async Task A_namespace_without_its_Role_holds_up_nobody_and_is_served_once_it_has_it()
    {
        Assert.That(_world.Bed.ReadLog(), Has.Some.Contains($"Namespace {Late} of the option namespaces can"));
        _world.Namespace(Late, """{tenant: "yes"}""");
        _world.ApplyVo(Late, "vo", "lat", Instance);
        _world.ApplyVo(Rucio, "meanwhile", "mea", "rucio");
        await _world.ReadyAsync((World.Vos, Rucio, "meanwhile"));
        Assert.That(_world.Store.Get(World.Vos, Late, "vo")!["status"]!["conditions"], Is.Null);

        _world.Bed.WithoutRole = [];
        _world.Bed.OperatorKubeconfig(_arguments);
        await _world.ReadyAsync((World.Vos, Late, "vo"));
    }

    [Test]
    public async Task A_VO_is_off_boarded()
    {
        var ns = Leaver;
        _world.Namespace(ns, """{tenant: "yes"}""");
        _world.ApplyVo(ns, "leaving", "lea", Instance, "  deletionPolicy: Offboard");
        await _world.ReadyAsync((World.Vos, ns, "leaving"));
        _world.Store.Delete(World.Vos, ns, "leaving");
        await _world.GoneAsync(World.Vos, ns, "leaving");
    }
}
