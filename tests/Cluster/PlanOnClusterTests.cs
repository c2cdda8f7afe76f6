using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Cluster;

/// <summary>What only a real API server can say of manifests: a plan asks it, and leaves nothing behind.</summary>
[Category("Cluster")]
public sealed class PlanOnClusterTests
{
    private const string Storages = "storageelements.rucio.cern.ch";

    [Test]
    public async Task A_rule_about_old_and_new_together_is_told_with_the_line_of_its_field()
    {
        var cluster = await TestCluster.GetAsync();
        var ns = cluster.NewNamespace();
        try
        {
            string Storage(string more) => $"apiVersion: rucio.cern.ch/v1alpha1\nkind: StorageElement\nmetadata: {{name: disk, namespace: {ns}}}\nspec:\n  voRef: {{name: sky}}\n  rse: SKY_DISK\n{more}";
            var stored = cluster.Store.Upsert(Yaml.Parse(Storage("")).Single());
            var version = (string?)cluster.Store.Get(Storages, ns, "disk")!["metadata"]!["resourceVersion"];

            var fixedField = await OperatorProcess.CommandAsync(cluster.Kubeconfig, ["plan", "-f", "-"], Storage("  deterministic: false\n"));
            Assert.That((fixedField.Code, fixedField.Out), Is.EqualTo((1, "")));
            Assert.That(fixedField.Error, Does.StartWith("stdin:7: spec.deterministic: ").And.Contain("immutable"));

            var allowed = await OperatorProcess.CommandAsync(cluster.Kubeconfig, ["plan", "-f", "-", "--exit-code"], Storage("  volatile: true\n"));
            Assert.That((allowed.Code, allowed.Error), Is.EqualTo((2, "")));
            Assert.That(allowed.Out, Does.Contain("  + spec.volatile: true\n").Or.Contain("  ~ spec.volatile: false -> true\n"));
            Assert.That(allowed.Out, Does.Contain($"  but: spec.voRef: VirtualOrganisation {ns}/sky does not exist\n"));
            Assert.That((string?)cluster.Store.Get(Storages, ns, "disk")!["metadata"]!["resourceVersion"], Is.EqualTo(version), "a rehearsal is not kept");
            Assert.That(stored, Is.Not.Null);
        }
        finally
        {
            cluster.Store.Delete("namespaces", "", ns);
        }
    }
}
