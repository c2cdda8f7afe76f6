using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Chart;

namespace RucioOperator.Tests.Cluster;

/// <summary>
/// Who has the cluster's own roles in a namespace, and what that lets them do with ours: an experiment describes its VO and storages and
/// nothing else.
/// </summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class PeoplesRightsTests
{
    private const string Vo = "virtualorganisations.rucio.cern.ch", Se = "storageelements.rucio.cern.ch", Ri = "rucioinstances.rucio.cern.ch";
    private static readonly string[] Reading = ["get", "list", "watch"];
    private static readonly string[] Writing = ["create", "update", "patch", "delete", "deletecollection"];

    private TestCluster _cluster = null!;
    private string _ns = "", _other = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Helm.Require();
        _cluster = await TestCluster.GetAsync(own: true);
        (_ns, _other) = (_cluster.NewNamespace(), _cluster.NewNamespace());
        await ChartAccount.ApplyAsync(_cluster, "people");
        if (!_cluster.Aggregates)
        {
            // What the controller of a whole cluster does: a role's rules are those of all roles with its label.
            foreach (var (role, parts) in ((string, string[])[])[("view", ["view"]), ("edit", ["view", "edit"]), ("admin", ["view", "edit"])])
                Merge(role, parts);
        }
        foreach (var role in (string[])["view", "edit", "admin"])
            Bind("RoleBinding", role, role, role);
        Bind("ClusterRoleBinding", "people-platform", $"{Helm.Namespace}-people-platform", "platform");
        await UntilAsync("admin", "create", Vo, _ns);
    }

    [TestCase("view", false)]
    [TestCase("edit", true)]
    [TestCase("admin", true)]
    public async Task A_role_in_a_namespace_covers_its_VOs_and_storages(string role, bool writes)
    {
        var wrong = new List<string>();
        foreach (var resource in (string[])[Vo, Se, Ri])
        {
            foreach (var verb in (string[])[.. Reading, .. Writing])
            {
                await ExpectAsync(verb, resource, _ns, Reading.Contains(verb) || writes && resource != Ri);
                await ExpectAsync(verb, resource, _other, false);
            }
            var (plural, group) = (resource.Split('.')[0], "rucio.cern.ch");
            foreach (var verb in Writing)
            {
                await ExpectAsync(verb, $"{plural}/status.{group}", _ns, false);
                await ExpectAsync(verb, $"{plural}/finalizers.{group}", _ns, false);
            }
        }
        Assert.That(wrong, Is.Empty);

        async Task ExpectAsync(string verb, string resource, string ns, bool expected)
        {
            if (await _cluster.MayAsync(role, verb, resource, ns) != expected)
                wrong.Add($"{role} in {ns}: {verb} {resource} is {(expected ? "refused" : "allowed")}");
        }
    }

    /// <summary>The cluster's own roles let people do a lot besides; the chart adds nothing to that but its kinds.</summary>
    [Test]
    public async Task What_the_chart_adds_to_the_clusters_roles_is_about_its_kinds_alone()
    {
        foreach (var part in (string[])["view", "edit", "admin"])
        {
            foreach (var rule in Labelled(part).SelectMany(role => role["rules"]!.AsArray()))
            {
                Assert.That(rule!["apiGroups"]!.ToJsonString(), Is.EqualTo("[\"rucio.cern.ch\"]"), part);
                Assert.That(rule["resources"]!.AsArray().Select(r => $"{r}.rucio.cern.ch"), Is.SubsetOf(part == "edit" ? [Vo, Se] : (string[])[Vo, Se, Ri]), part);
                Assert.That(rule["verbs"]!.AsArray().Select(v => v!.GetValue<string>()), Is.SubsetOf(part == "edit" ? Writing : Reading), part);
            }
        }
        Bind("RoleBinding", "ours-alone", $"{Helm.Namespace}-people-edit", "ours-alone", asItIs: true);
        await UntilAsync("ours-alone", "create", Vo, _ns);
        foreach (var resource in (string[])["secrets", "pods", "pods/exec", "configmaps", "serviceaccounts/token", "deployments.apps", "rolebindings.rbac.authorization.k8s.io", Ri])
            foreach (var verb in (string[])[.. Reading, .. Writing])
                Assert.That(await _cluster.MayAsync("ours-alone", verb, resource, _ns), Is.False, $"{verb} {resource}");
    }

    [Test]
    public async Task The_platforms_role_is_for_instances_everywhere_and_for_no_status_and_no_Secret()
    {
        foreach (var resource in (string[])[Vo, Se, Ri])
        {
            foreach (var verb in (string[])[.. Reading, .. Writing])
                Assert.That(await _cluster.MayAsync("platform", verb, resource, _other), $"{verb} {resource}");
            Assert.That(await _cluster.MayAsync("platform", "patch", $"{resource.Split('.')[0]}/status.rucio.cern.ch", _other), Is.False);
        }
        foreach (var resource in (string[])["secrets", "pods", "configmaps", "deployments.apps"])
            Assert.That(await _cluster.MayAsync("platform", "get", resource, _other), Is.False, resource);
    }

    private void Merge(string role, string[] parts)
    {
        var rules = new JsonArray([.. parts.SelectMany(part => Labelled(part)).SelectMany(found => found["rules"]!.AsArray()).Select(rule => rule!.DeepClone())]);
        _cluster.Store.Upsert(new JsonObject { ["apiVersion"] = "rbac.authorization.k8s.io/v1", ["kind"] = "ClusterRole", ["metadata"] = new JsonObject { ["name"] = $"merged-{role}" }, ["rules"] = rules });
    }

    private IReadOnlyList<JsonObject> Labelled(string part) => _cluster.Store.List("clusterroles.rbac.authorization.k8s.io", null, $"rbac.authorization.k8s.io/aggregate-to-{part}=true,app.kubernetes.io/name=rucio-operator");

    private void Bind(string kind, string name, string role, string user, bool asItIs = false)
    {
        var binding = Yaml.Parse($$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: {{kind}}
            metadata: {name: {{name}}}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "{{(kind == "RoleBinding" && !asItIs && !_cluster.Aggregates ? $"merged-{role}" : role)}}"}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: {{user}}}]
            """).Single();
        if (kind == "RoleBinding")
            binding["metadata"]!["namespace"] = _ns;
        _cluster.Store.Upsert(binding);
    }

    /// <summary>The server's own picture of roles comes a moment after the roles.</summary>
    private async Task UntilAsync(string user, string verb, string resource, string ns)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (!await _cluster.MayAsync(user, verb, resource, ns))
        {
            Assert.That(deadline.IsCancellationRequested, Is.False, $"{user} may not {verb} {resource}");
            await Task.Delay(100);
        }
    }
}
