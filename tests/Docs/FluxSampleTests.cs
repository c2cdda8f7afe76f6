using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Chart;

namespace RucioOperator.Tests.Docs;

public sealed class FluxSampleTests
{
    /// <summary>Files that stand instead of another, which says so.</summary>
    private static readonly string[] Alternatives = ["operator/source-oci.yaml", "instance/database-sealed.yaml"];

    private static IEnumerable<string> Folders => Directory.GetFiles(FluxSample.Path(), "kustomization.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(FluxSample.Path(), Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Folders))]
    public async Task Kustomize_builds_a_folder_of_all_files_that_are_no_alternatives(string folder)
    {
        var files = Directory.GetFiles(FluxSample.Path(folder), "*.yaml").Select(file => Path.GetRelativePath(FluxSample.Path(), file)).Where(file => !file.EndsWith("kustomization.yaml", StringComparison.Ordinal) && !Alternatives.Contains(file));
        var built = await FluxSample.BuildAsync(folder);

        Assert.That(built.Select(Key), Is.EquivalentTo(files.SelectMany(FluxSample.Read).Select(Key)));
    }

    [Test]
    public void Steps_are_the_operator_then_the_instance_then_the_tenants()
    {
        var steps = FluxSample.Steps();
        Assert.That(steps.Select(step => step.Text("metadata", "name")), Is.EqualTo(new[] { "rucio-operator", "rucio-instance", "rucio-tenants" }));
        Assert.That(steps.Select(step => File.Exists(FluxSample.Path(step.Text("spec", "path")!, "kustomization.yaml"))), Is.All.True);
        // Without waiting for what it made a step is no dependency.
        Assert.That(steps.Where(step => steps.Any(later => FluxSample.Dependencies(later).Contains(step.Text("metadata", "name")))).Select(step => step["spec"]!["wait"]?.GetValue<bool>()), Is.All.True);
    }

    [Test]
    public void Every_reference_leads_to_something_of_the_same_namespace()
    {
        foreach (var folder in Folders)
        {
            var all = Directory.GetFiles(FluxSample.Path(folder), "*.yaml").SelectMany(file => FluxSample.Read(file)).ToList();
            foreach (var (user, reference) in all.SelectMany(node => References(node).Select(reference => (node, reference))))
                Assert.That(all.Select(node => (node.Text("kind"), node.Text("metadata", "namespace"), node.Text("metadata", "name"))), Has.Member((reference.Kind, user.Text("metadata", "namespace"), reference.Name)), Key(user));
        }
    }

    [Test]
    public async Task The_chart_takes_the_values_of_the_release()
    {
        var release = FluxSample.Read("operator/release.yaml").Single();
        Assert.That(File.Exists(Repository.Path(release.Text("spec", "chart", "spec", "chart")!, "Chart.yaml")));
        Assert.That(await Helm.RenderAsync(release["spec"]!["values"]!.AsObject().Select(value => $"{value.Key}={value.Value!.ToJsonString()}")), Does.Contain("registry.example.org/rucio-operator"));
    }

    [Test]
    public void A_tenant_has_rights_in_its_namespace_alone_and_none_on_instances_and_statuses()
    {
        foreach (var tenant in FluxSample.Read("tenants/kustomization.yaml").Single()["resources"]!.AsArray().Select(file => FluxSample.Read($"tenants/{file}")))
        {
            var ns = tenant.Single(node => node.Text("kind") == "Namespace").Text("metadata", "name");
            Assert.That(tenant.Where(node => node.Text("kind") != "Namespace").Select(node => node.Text("metadata", "namespace")), Is.All.EqualTo(ns));
            Assert.That(tenant.Select(node => node.Text("kind")), Has.None.StartsWith("ClusterRole"));
            var rules = tenant.Single(node => node.Text("kind") == "Role")["rules"]!.AsArray();
            Assert.That(rules.Where(rule => rule!["apiGroups"]![0]!.GetValue<string>() == ApiGroup.Name).SelectMany(rule => rule!["resources"]!.AsArray()).Select(resource => resource!.GetValue<string>()), Is.EquivalentTo(new[] { "virtualorganisations", "storageelements" }));
            Assert.That(tenant.Single(node => node.Text("apiVersion") == FluxSample.Kustomizations).Text("spec", "serviceAccountName"), Is.EqualTo(tenant.Single(node => node.Text("kind") == "ServiceAccount").Text("metadata", "name")));
        }
    }

    private static IEnumerable<(string Kind, string Name)> References(JsonObject node)
    {
        // The cluster's own source is Flux's, and no part of the sample.
        if (node.At("spec", "sourceRef") is { } source && source["name"]!.GetValue<string>() != "flux-system")
            yield return (source["kind"]!.GetValue<string>(), source["name"]!.GetValue<string>());
        if (node.At("spec", "chart", "spec", "sourceRef") is { } chart)
            yield return (chart["kind"]!.GetValue<string>(), chart["name"]!.GetValue<string>());
        if (node.Text("spec", "serviceAccountName") is { } account)
            yield return ("ServiceAccount", account);
        if (node.At("spec", "database", "provision", "adminSecretRef", "name") is { } secret)
            yield return ("ExternalSecret", secret.GetValue<string>());
    }

    private static string Key(JsonObject node) => $"{node.Text("kind")} {node.Text("metadata", "namespace")}/{node.Text("metadata", "name")}";
}
