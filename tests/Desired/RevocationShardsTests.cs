using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;

namespace RucioOperator.Tests.Desired;

public sealed class RevocationShardsTests
{
    [Test]
    public void All_of_IGTF_fits_and_what_no_object_can_hold_is_named_and_costs_the_others_nothing()
    {
        var random = new Random(1);
        var files = Enumerable.Range(0, 100).ToDictionary(n => $"{random.NextInt64(1L << 32):x8}.r0", n => new string('x', 60_000));
        var shards = RevocationShards.Of(files);
        Assert.That(shards.LeftOut, Is.Empty);
        Assert.That(shards.Files.SelectMany(s => s.Value).ToDictionary(), Is.EqualTo(files));
        Assert.That(shards.Files.Keys, Is.SubsetOf(RevocationShards.Letters));
        Assert.That(shards.Files.Values.Select(s => s.Values.Sum(v => v.Length)), Has.All.AtMost(RevocationShards.LargestMap));

        files["0badc0de.r0"] = new string('x', RevocationShards.LargestMap + 1);
        var more = RevocationShards.Of(files);
        Assert.That(more.LeftOut, Is.EqualTo(new[] { "0badc0de.r0" }));
        Assert.That(more.Files.SelectMany(s => s.Value), Is.EquivalentTo(shards.Files.SelectMany(s => s.Value)));
    }

    [Test]
    public void A_new_list_changes_no_pod_and_is_in_the_directory_of_all_who_look_there()
    {
        var empty = Inputs.Of("{auth: {host: auth.example.org, tls: {secretRef: {name: t}}}, trust: {caBundles: [{name: igtf}], crlRefresh: 6h}}") with { Trust = new(new Dictionary<string, string> { ["ca-bundle.pem"] = "pem" }, new Dictionary<string, string>(), "pem", Revocation: true) };
        var full = empty with { Trust = empty.Trust with { Fetched = RevocationShards.Of(new Dictionary<string, string> { ["a0000000.r0"] = "list" }) } };
        Assert.That(Pods(full), Is.EqualTo(Pods(empty)));
        var maps = DesiredInstance.Objects(full).OfType<V1ConfigMap>().ToDictionary(m => m.Metadata.Name);
        Assert.That(maps["rucio-crl-a"].Data, Is.EqualTo(new Dictionary<string, string> { ["a0000000.r0"] = "list" }));
        foreach (var volume in Deployments(full).SelectMany(d => d.Spec.Template.Spec.Volumes).Where(v => v.Name is "trust" or "client-ca"))
            Assert.That(volume.Projected.Sources.Select(s => (s.ConfigMap.Name, s.ConfigMap.Optional)), Is.SupersetOf(RevocationShards.Letters.Select(l => ($"rucio-crl-{l}", (bool?)true)).Append(("rucio-trust", null))));
        Assert.That(Deployments(full).Single(d => d.Metadata.Name == "rucio-auth").Spec.Template.Spec.Volumes.Select(v => v.Name), Is.SupersetOf(new[] { "trust", "client-ca" }));
    }

    private static IEnumerable<V1Deployment> Deployments(InstanceInputs i) => DesiredInstance.Objects(i).OfType<V1Deployment>();

    private static IEnumerable<string> Pods(InstanceInputs i) => Deployments(i).Select(d => k8s.KubernetesJson.Serialize(d.Spec.Template));
}
