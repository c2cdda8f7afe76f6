using System.Net;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Cluster;

/// <summary>The three CRDs on a real API server: accepted, and each rule refuses and accepts.</summary>
[Category("Cluster")]
public sealed class CrdTests
{
    private RealKubernetes kubernetes = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        kubernetes = await RealKubernetes.StartAsync(default);
        foreach (var (kind, definition) in Crds.Definitions)
        {
            var (status, body) = await kubernetes.SendAsync(HttpMethod.Post, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition, default);
            Assert.That(status, Is.EqualTo(HttpStatusCode.Created), $"{kind}: {body["message"]}");
        }
        foreach (var kind in Crds.Kinds.Keys)
            await RealKubernetes.UntilAsync(async () => (await kubernetes.Client.GetAsync(Path(kind))).IsSuccessStatusCode, $"serving {kind}", default);
        await RealKubernetes.UntilAsync(async () => (await kubernetes.Client.GetAsync("/api/v1/namespaces/default")).IsSuccessStatusCode, "with namespace default", default);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (kubernetes is not null)
            await kubernetes.DisposeAsync();
    }

    [TestCaseSource(typeof(BadManifest), nameof(BadManifest.Cases))]
    public async Task A_bad_manifest_is_refused_at_the_same_field_as_by_the_validator(BadManifest bad)
    {
        var (status, body) = await CreateAsync(Crds.Manifest(bad.Kind, bad.Change), dryRun: true);

        if (bad.InLoopOnly)
        {
            Assert.That(status, Is.EqualTo(HttpStatusCode.Created), body["message"]?.ToString());
            return;
        }
        Assert.That((int)status, Is.EqualTo(422), body["message"]?.ToString());
        // The server knows the place of a map's key or a list's item less exactly than the validator.
        Assert.That(Causes(body).Select(c => c.Field), Has.Some.Matches<string>(f => ValidationTests.Within(Dotted(bad.Path), Dotted(f!))), body["message"]?.ToString());
    }

    [TestCaseSource(typeof(GoodManifest), nameof(GoodManifest.All))]
    public async Task A_good_manifest_is_accepted(GoodManifest good)
    {
        var (status, body) = await CreateAsync(Crds.Manifest(good.Kind, good.Change), dryRun: true);

        Assert.That(status, Is.EqualTo(HttpStatusCode.Created), body["message"]?.ToString());
    }

    [Test]
    public async Task Every_field_of_later_work_is_refused_by_name()
    {
        foreach (var (kind, path, manifest) in ToCome.All())
        {
            var (status, body) = await CreateAsync(manifest, dryRun: true);

            Assert.That((int)status, Is.EqualTo(422), $"{kind} {path}");
            Assert.That(Causes(body), Has.Some.Matches<(string Field, string Message)>(c => c.Field == path && c.Message.EndsWith("is not supported yet", StringComparison.Ordinal)), $"{path}: {body["message"]}");
        }
    }

    [TestCase("RucioInstance", "{multiVo: true}", "{multiVo: false}", null, "spec.multiVo is immutable")]
    [TestCase("RucioInstance", "{}", "{database: {provision: null, existing: {host: db, name: r, credentialsSecretRef: {name: c}}}}", null, "the mode of spec.database is immutable")]
    [TestCase("VirtualOrganisation", "{}", "{tag: sea}", "{tag: sky}", "spec.tag is immutable once it is claimed")]
    [TestCase("VirtualOrganisation", "{}", "{instanceRef: {name: other}}", "{tag: sky}", "spec.instanceRef is immutable once the tag is claimed")]
    [TestCase("StorageElement", "{}", "{voRef: {name: other}}", null, "spec.voRef is immutable")]
    [TestCase("StorageElement", "{}", "{deterministic: false}", null, "spec.deterministic is immutable")]
    [TestCase("StorageElement", "{}", "{rse: OTHER}", "{rseId: 0123456789abcdef0123456789abcdef}", "spec.rse is immutable once the RSE is made")]
    public async Task What_is_immutable_stays_and_everything_else_may_change(string kind, string first, string change, string? status, string message)
    {
        const string merge = "application/merge-patch+json";
        var path = $"{Path(kind)}/fixed";
        try
        {
            Assert.That((await CreateAsync(Crds.Manifest(kind, first, "fixed"))).Status, Is.EqualTo(HttpStatusCode.Created));
            var patch = new JsonObject { ["spec"] = Yaml.Parse(change)[0] };
            if (status is not null)
            {
                var (before, body) = await kubernetes.SendAsync(HttpMethod.Patch, path + "?dryRun=All", patch, default, merge);
                Assert.That(before, Is.EqualTo(HttpStatusCode.OK), $"may still change: {body["message"]}");
                (before, body) = await kubernetes.SendAsync(HttpMethod.Patch, path + "/status", new JsonObject { ["status"] = Yaml.Parse(status)[0] }, default, merge);
                Assert.That(before, Is.EqualTo(HttpStatusCode.OK), body["message"]?.ToString());
            }

            var (refused, answer) = await kubernetes.SendAsync(HttpMethod.Patch, path, patch, default, merge);
            Assert.That((int)refused, Is.EqualTo(422));
            Assert.That(answer["message"]!.ToString(), Does.Contain(message));

            var (accepted, changed) = await kubernetes.SendAsync(HttpMethod.Patch, path, Yaml.Parse("{spec: {suspend: true}}")[0], default, merge);
            Assert.That(accepted, Is.EqualTo(HttpStatusCode.OK), changed["message"]?.ToString());
        }
        finally
        {
            await kubernetes.SendAsync(HttpMethod.Delete, path, null, default);
        }
    }

    [Test]
    public async Task Status_is_a_subresource_and_defaults_are_filled_in([Values("RucioInstance", "VirtualOrganisation", "StorageElement")] string kind)
    {
        var manifest = Crds.Manifest(kind, "{}", "defaults");
        manifest["status"] = new JsonObject { ["observedGeneration"] = 7 };

        var (status, created) = await CreateAsync(manifest, dryRun: true);

        Assert.That(status, Is.EqualTo(HttpStatusCode.Created), created["message"]?.ToString());
        Assert.That(created["status"], Is.Null);
        Assert.That((created["spec"]!["driftPolicy"]?.ToString(), created["spec"]!["suspend"]?.GetValue<bool>()), Is.EqualTo(("Heal", false)));
    }

    [Test]
    public async Task Columns_show_what_a_person_looks_for([Values("RucioInstance", "VirtualOrganisation", "StorageElement")] string kind)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path(kind));
        request.Headers.Accept.ParseAdd("application/json;as=Table;g=meta.k8s.io;v=v1");
        using var response = await kubernetes.Client.SendAsync(request);
        var columns = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["columnDefinitions"]!.AsArray().Where(c => c!["priority"]!.GetValue<int>() == 0).Select(c => c!["name"]!.ToString());

        Assert.That(columns, Is.EqualTo(kind switch
        {
            "RucioInstance" => ["Name", "Ready", "Reason", "Version", "VOs", "URL", "Age"],
            "VirtualOrganisation" => ["Name", "Ready", "Reason", "Tag", "Instance", "Accounts", "Storages", "Age"],
            _ => (string[])["Name", "Ready", "Reason", "RSE", "VO", "Type", "Age"],
        }));
    }

    private static string Path(string kind) => $"/apis/rucio.cern.ch/v1alpha1/namespaces/default/{Crds.Plural(kind)}";

    private Task<(HttpStatusCode Status, JsonObject Body)> CreateAsync(JsonObject manifest, bool dryRun = false) =>
        kubernetes.SendAsync(HttpMethod.Post, $"{Path(manifest["kind"]!.ToString())}?fieldValidation=Strict{(dryRun ? "&dryRun=All" : "")}", manifest, default);

    /// <summary>Schema errors write map keys with a dot.</summary>
    private static string Dotted(string path) => path.Replace('[', '.').Replace("]", "", StringComparison.Ordinal);

    private static IEnumerable<(string Field, string Message)> Causes(JsonObject status) =>
        status["details"]!["causes"]!.AsArray().Select(c => (c!["field"]!.GetValue<string>(), c["message"]!.GetValue<string>()));
}
