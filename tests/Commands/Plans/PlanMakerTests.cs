using NUnit.Framework;
using RucioOperator.Releases;

namespace RucioOperator.Tests.Commands.Plans;

/// <summary>What a plan makes of a cluster that is at work already.</summary>
public sealed class PlanMakerTests
{
    private const string Rucio = "RucioInstance rucio/rucio";

    private static string Instance(string more = "", string version = "41.0.0") => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: rucio}
        spec:
          version: {{version}}
          database: {embedded: {} }
        {{more}}
        status: {version: {{version}}, alembicRevision: {{ReleaseCatalogue.Lines[0].AlembicHead}} }
        """;

    private const string OpenTo = "  tenancy: {allowedNamespaces: {from: All}}";

    private static string Manifest(string resource) => resource[..resource.LastIndexOf("\nstatus:", StringComparison.Ordinal)];

    private static string Vo(string more = "", string tag = "sky", string conditions = """{type: Claimed, status: "True"}""") => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        metadata: {name: {{tag}}, namespace: {{tag}}}
        spec:
          instanceRef: {name: rucio, namespace: rucio}
          tag: {{tag}}
        {{more}}
        status: {tag: {{tag}}, conditions: [{{conditions}}]}
        """;

    private static string Storage(string name, string rse, string host = "a.example.org") => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        metadata: {name: {{name}}, namespace: sky, creationTimestamp: "2026-01-01T00:00:00Z"}
        spec: {voRef: {name: sky}, rse: {{rse}}, endpoints: [{url: "davs://{{host}}:443/sky/"}]}
        status: {rseId: abc}
        """;

    private static string New(string name, string rse, string host = "b.example.org") => Manifest(Storage(name, rse, host)).Replace(", creationTimestamp: \"2026-01-01T00:00:00Z\"", "", StringComparison.Ordinal);

    private static string Join(params string[] documents) => string.Join("\n---\n", documents);

    [Test]
    public void Of_two_that_describe_one_RSE_the_new_one_is_in_conflict()
    {
        var plan = PlanCase.Of(Join(Instance(OpenTo), Vo(), Storage("old", "SKY_DISK")), New("another", "SKY_DISK"));
        Assert.That(plan["StorageElement sky/another"].Words(), Is.EqualTo((string[])["but: spec.rse: SKY_DISK is already described by StorageElement old"]));
        Assert.That(plan, Has.Count.EqualTo(1));
    }

    [Test]
    public void The_place_within_a_limit_is_those_who_are_there()
    {
        var plan = PlanCase.Of(Join(Instance("  tenancy: {allowedNamespaces: {from: All}, limits: {storages: 1}}"), Vo(), Storage("old", "SKY_DISK")), New("another", "SKY_TAPE"));
        Assert.That(plan["StorageElement sky/another"].Words(), Is.EqualTo((string[])["but: RucioInstance rucio/rucio allows 1 storages for a VO"]));
        Assert.That(plan, Has.Count.EqualTo(1));
    }

    [TestCase("sky", "VirtualOrganisation sky/sky")]
    [TestCase("rucio", "RucioInstance rucio/rucio")]
    public void A_release_that_this_binary_does_not_know_is_said(string file, string resource)
    {
        var live = Join(Instance(OpenTo, "99.0.0"), Vo("  transfers: {credentialSecretRef: {name: robot}}"));
        var plan = PlanCase.Of(live, file == "sky" ? Join(Manifest(Vo()), New("disk", "SKY_DISK")) : Manifest(Instance(OpenTo)));
        Assert.That(plan, Does.ContainKey(resource));
        Assert.That(plan.Values.SelectMany(p => p.Waits), Has.Some.Contains("Rucio 99 is not a line this operator knows"));
    }

    [Test]
    public void A_VO_that_is_refused_changes_nothing_of_the_instance()
    {
        var plan = PlanCase.Of(Instance(), Manifest(Vo("  transfers: {credentialSecretRef: {name: robot}}")));
        Assert.That(plan.Keys, Is.EqualTo((string[])["VirtualOrganisation sky/sky"]));
    }

    [Test]
    public void One_that_never_got_its_tag_is_no_part_of_the_instance_either()
    {
        var plan = PlanCase.Of(Join(Instance(), Vo("  longName: skysurvey", conditions: """{type: Claimed, status: "False"}""").Replace("tag: sky, cond", "cond", StringComparison.Ordinal)), Manifest(Instance(OpenTo)));
        Assert.That(plan[Rucio].Objects, Is.Not.Empty, "it comes now");
    }

    [Test]
    public void The_first_storage_of_a_VO_with_its_own_credential_brings_a_reaper()
    {
        var plan = PlanCase.Of(Join(Instance(OpenTo), Vo("  transfers: {credentialSecretRef: {name: robot}}")), New("disk", "SKY_DISK"));
        Assert.That(plan.Keys, Does.Contain(Rucio));
        Assert.That(plan[Rucio].Words(), Has.Member("Create Deployment rucio/rucio-reaper-sky").And.Some.StartsWith("Change Deployment rucio/rucio-reaper spec.template"));
    }

    [TestCase("  accounts: []")]
    [TestCase("  accounts: [{name: alice, suspended: true, identities: [{type: Userpass}]}]")]
    [TestCase("  accounts: [{name: alice, identities: [{type: X509, dn: \"CN=alice,O=x,C=CH\"}]}]")]
    public void A_generated_login_that_opens_nothing_any_more_goes(string accounts)
    {
        var plan = PlanCase.Of(Join(Instance(OpenTo), Vo("  accounts: [{name: alice, identities: [{type: Userpass}]}]")), Manifest(Vo(accounts)));
        Assert.That(plan["VirtualOrganisation sky/sky"].Words(), Has.Member("Delete Secret sky/sky-alice-login"));
    }

    [Test]
    public void A_login_whose_password_comes_from_a_Secret_now_keeps_the_generated_one()
    {
        var plan = PlanCase.Of(Join(Instance(OpenTo), Vo("  accounts: [{name: alice, identities: [{type: Userpass}]}]")), Manifest(Vo("  accounts: [{name: alice, identities: [{type: Userpass, secretRef: {name: mine}}]}]")));
        Assert.That(plan["VirtualOrganisation sky/sky"].Objects, Is.Empty);
    }

    [Test]
    public void A_service_account_that_is_taken_out_takes_its_Secret_along_and_root_stays()
    {
        var live = Vo("  accounts: [{name: alice, identities: [{type: Userpass}]}]\n  clientConfig: {serviceAccount: {name: alice}}");
        Assert.That(PlanCase.Of(Join(Instance(OpenTo), live), Manifest(Vo("  accounts: [{name: alice, identities: [{type: Userpass}]}]")))["VirtualOrganisation sky/sky"].Words(),
            Is.EquivalentTo((string[])["Delete Secret sky/sky-alice-client", "Delete ConfigMap sky/sky-client"]));
    }
}
