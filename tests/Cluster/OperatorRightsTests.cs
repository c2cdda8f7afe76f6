using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes.Rights;
using RucioOperator.Tests.Chart;

namespace RucioOperator.Tests.Cluster;

/// <summary>What a real API server's RBAC makes of the chart's roles for the operator.</summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class OperatorRightsTests
{
    private const string Wide = "operator-of-all", Narrow = "operator-of-some", Listing = "operator-of-a-list";

    private TestCluster _cluster = null!;
    private string _watched = "", _other = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Helm.Require();
        _cluster = await TestCluster.GetAsync(own: true);
        (_watched, _other) = (_cluster.NewNamespace(), _cluster.NewNamespace());
        await ChartAccount.ApplyAsync(_cluster, Wide);
        await ChartAccount.ApplyAsync(_cluster, Narrow, "rbac.scope=\"Namespaces\"", $"namespaces=[\"{_watched}\"]");
        await ChartAccount.ApplyAsync(_cluster, Listing, $"namespaces=[\"{_watched}\"]");
    }

    [Test]
    public async Task Each_rule_of_the_file_holds_where_it_should_and_nowhere_else()
    {
        var wrong = new List<string>();
        foreach (var right in RightsFile.All)
        {
            var own = right.Section == RightsFile.Own;
            var all = right.Section == RightsFile.Cluster;
            await ExpectAsync(Wide, right, Helm.Namespace, true);
            await ExpectAsync(Wide, right, _other, !own || right.Resource == "namespaces");
            await ExpectAsync(Narrow, right, _watched, !own && !all || right.Resource == "namespaces" && right.Verb == "get");
            await ExpectAsync(Narrow, right, _other, false);
            await ExpectAsync(Narrow, right, Helm.Namespace, own || right is { Resource: "namespaces", Verb: "get" });
            await ExpectAsync(Narrow, right, "", false);
            await ExpectAsync(Listing, right, _watched, !own && !all || right is { Resource: "namespaces", Verb: "get" });
        }
        Assert.That(wrong, Is.Empty);

        async Task ExpectAsync(string account, Right right, string ns, bool expected)
        {
            var name = right.Name ?? (right.Resource == "namespaces" && right.Verb == "get" ? ns : "");
            if (await _cluster.MayAsync(ChartAccount.UserOf(account), right.Verb, right.Resource, ns, name) != expected)
                wrong.Add($"{account} in '{ns}': {right} is {(expected ? "refused" : "allowed")}");
        }
    }

    [TestCase(Wide)]
    [TestCase(Narrow)]
    public async Task Nobody_becomes_more_than_they_are_through_the_operator(string account)
    {
        string[] never = ["roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io",
            "customresourcedefinitions.apiextensions.k8s.io", "serviceaccounts/token", "pods/exec", "nodes", "validatingwebhookconfigurations.admissionregistration.k8s.io"];
        foreach (var resource in never)
        {
            foreach (var verb in (string[])["get", "list", "create", "update", "patch", "delete", "bind", "escalate", "impersonate", "*"])
                Assert.That(await _cluster.MayAsync(ChartAccount.UserOf(account), verb, resource, _watched), Is.False, $"{verb} {resource}");
        }
        Assert.That(await _cluster.MayAsync(ChartAccount.UserOf(account), "deletecollection", "secrets", _watched), Is.False);
        Assert.That(await _cluster.MayAsync(ChartAccount.UserOf(account), "update", "leases.coordination.k8s.io", Helm.Namespace, "somebody-elses"), Is.False);
    }
}
