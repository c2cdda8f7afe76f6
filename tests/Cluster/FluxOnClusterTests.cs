using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Api;
using RucioOperator.Tests.Docs;

namespace RucioOperator.Tests.Cluster;

/// <summary>samples/flux against a real API server: Flux's own definitions take each object, and its tenants can do no more than their Roles say.</summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class FluxOnClusterTests
{
    private TestCluster _cluster = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await TestCluster.GetAsync();

    [Test]
    public async Task Every_object_is_taken_by_the_definitions_of_its_product()
    {
        if (Environment.GetEnvironmentVariable("OPTIONAL_DEFINITIONS") is not { Length: > 0 } folder)
        {
            Assert.Ignore("needs Flux's, External Secrets' and Sealed Secrets' definitions: OPTIONAL_DEFINITIONS, a folder with them, is not set");
            return;
        }
        var definitions = Directory.GetFiles(folder, "*.yaml").SelectMany(file => Yaml.Parse(File.ReadAllText(file))).Where(node => node.Text("kind") == "CustomResourceDefinition").ToList();
        var objects = Directory.GetFiles(FluxSample.Path(), "*.yaml", SearchOption.AllDirectories).SelectMany(file => Yaml.Parse(File.ReadAllText(file))).Where(node => node.Text("apiVersion") != "kustomize.config.k8s.io/v1beta1").ToList();
        foreach (var group in objects.Select(Group).Distinct().Where(group => group.Contains('.', StringComparison.Ordinal) && !group.EndsWith(".k8s.io", StringComparison.Ordinal) && group != "rucio.cern.ch"))
        {
            var found = definitions.Where(definition => definition.Text("spec", "group") == group).ToList();
            Assert.That(found, Is.Not.Empty, $"{group} is not in {folder}");
            foreach (var definition in found)
            {
                // Webhooks of the products are not here.
                definition["spec"]!.AsObject().Remove("conversion");
                _cluster.Store.Upsert(definition);
            }
            foreach (var definition in found)
                await _cluster.UntilAsync("customresourcedefinitions.apiextensions.k8s.io", null, definition.Text("metadata", "name")!, d => SandboxBed.Condition(d, "Established")?["status"]?.GetValue<string>() == "True");
        }

        var complaints = new List<string>();
        foreach (var node in objects)
        {
            if (node.Text("metadata", "namespace") is { } ns)
                _cluster.Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } });
            using var response = await _cluster.Api.OpenAsync("PATCH", $"{Path(node, definitions)}?fieldManager=kustomize-controller&force=true&dryRun=All&fieldValidation=Strict", node, ClusterClient.Apply, "application/json", default);
            if (!response.IsSuccessStatusCode)
                complaints.Add($"{node.Text("kind")} {node.Text("metadata", "name")}: {await response.Content.ReadAsStringAsync()}");
            if (response.Headers.TryGetValues("Warning", out var warnings))
                complaints.AddRange(warnings.Select(warning => $"{node.Text("kind")} {node.Text("metadata", "name")}: {warning}"));
        }
        Assert.That(complaints, Is.Empty);
    }

    [Test]
    public async Task A_tenants_account_writes_its_own_experiment_and_nothing_else()
    {
        foreach (var tenant in (string[])["sky", "sea"])
        {
            foreach (var node in FluxSample.Read($"tenants/{tenant}.yaml").Where(node => node.Text("kind") is "Namespace" or "ServiceAccount" or "Role" or "RoleBinding"))
                _cluster.Store.Upsert(node);
        }
        const string tenants = "apis/rucio.cern.ch/v1alpha1/namespaces";
        (string Verb, string Path, bool Allowed)[] attempts =
        [
            ("patch", $"{tenants}/sky/virtualorganisations", true),
            ("delete", $"{tenants}/sky/storageelements", true),
            ("patch", $"{tenants}/sky/virtualorganisations/status", false),
            ("patch", $"{tenants}/sky/rucioinstances", false),
            ("patch", $"{tenants}/sea/virtualorganisations", false),
            ("get", $"{tenants}/sea/storageelements", false),
            ("get", "api/v1/namespaces/sky/secrets", false),
        ];
        foreach (var (verb, path, allowed) in attempts)
            Assert.That(await MayAsync(verb, path), Is.EqualTo(allowed), $"{verb} {path}");
    }

    [Test]
    public async Task An_object_that_nobody_has_seen_yet_is_in_progress()
    {
        foreach (var kind in Crds.Kinds.Keys)
        {
            var ns = _cluster.NewNamespace();
            var node = Crds.Manifest(kind);
            node["metadata"]!["namespace"] = ns;
            _cluster.Store.Upsert(node);
            Assert.That(KStatus.Of(_cluster.Store.Get(RemoteStore.ResourceOf(node), ns, "one")!).Status, Is.EqualTo(KStatus.InProgress), kind);
        }
    }

    private async Task<bool> MayAsync(string verb, string path)
    {
        var parts = path.Split('/');
        var (group, ns, resource, subresource) = parts is ["apis", var g, _, _, var n, var r, .. var rest] ? (g, n, r, rest.FirstOrDefault()) : ("", parts[3], parts[4], null);
        var review = await _cluster.Api.DoAsync("POST", "apis/authorization.k8s.io/v1/subjectaccessreviews", new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["user"] = "system:serviceaccount:sky:experiment",
                ["groups"] = new JsonArray("system:serviceaccounts", "system:serviceaccounts:sky", "system:authenticated"),
                ["resourceAttributes"] = new JsonObject { ["verb"] = verb, ["group"] = group, ["namespace"] = ns, ["resource"] = resource, ["subresource"] = subresource },
            },
        });
        return review["status"]!["allowed"]!.GetValue<bool>();
    }

    private static string Group(JsonObject node) => node.Text("apiVersion")!.Split('/') is [var group, _] ? group : "";

    private static string Path(JsonObject node, IReadOnlyList<JsonObject> definitions)
    {
        var (group, kind, ns, name) = (Group(node), node.Text("kind")!, node.Text("metadata", "namespace"), node.Text("metadata", "name"));
        var plural = definitions.FirstOrDefault(d => d.Text("spec", "group") == group && d.Text("spec", "names", "kind") == kind)?.Text("spec", "names", "plural") ?? $"{kind.ToLowerInvariant()}s";
        return $"{(group == "" ? "api" : "apis")}/{node.Text("apiVersion")}{(ns is null ? "" : $"/namespaces/{ns}")}/{plural}/{name}";
    }
}
