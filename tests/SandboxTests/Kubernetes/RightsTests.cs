using System.Net.Http.Headers;
using System.Text;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Kubernetes.Rights;

namespace RucioOperator.Tests.SandboxTests.Kubernetes;

/// <summary>What holds operators to the chart's rules, and says of the rules what is missing and what is too much.</summary>
public sealed class RightsTests
{
    private const string Home = "home", Watched = "sky", Elsewhere = "sea";
    private const string Apply = "application/apply-patch+yaml";

    private KubeApiServer _api = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _api = await KubeApiServer.StartAsync();
        _api.Gate.Used = new();
        foreach (var ns in (string[])[Home, Watched, Elsewhere])
            _api.ApplyYaml($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {ns}}}}}");
    }

    [TearDown]
    public async Task StopAsync() => await _api.DisposeAsync();

    [Test]
    public async Task A_rule_that_nobody_needs_is_named()
    {
        const string rules = """
            watched:
              - {apiGroups: [""], resources: [configmaps, pods], verbs: [list]}
              - {apiGroups: [apps], resources: [deployments], verbs: [list, deletecollection]}
            """;
        await AskAsync(rules, "GET", "api/v1/configmaps", 200);
        await AskAsync(rules, "GET", "apis/apps/v1/namespaces/sky/deployments", 200);
        Assert.That(Verdict(rules).Faults, Is.EqualTo((string[])["granted, and needed by no behaviour test: watched: list pods", "granted, and needed by no behaviour test: watched: deletecollection deployments.apps"]));
    }

    [Test]
    public async Task What_no_rule_grants_is_refused_and_named()
    {
        const string rules = "watched: [{apiGroups: [\"\"], resources: [configmaps], verbs: [get, list]}]";
        await AskAsync(rules, "GET", "api/v1/configmaps", 200);
        await AskAsync(rules, "GET", "api/v1/configmaps?watch=true", 403);
        await AskAsync(rules, "GET", "api/v1/namespaces/sky/pods/one", 403);
        await AskAsync(rules, "DELETE", "api/v1/namespaces/sky/configmaps", 403);
        await AskAsync(rules, "GET", "api/v1/namespaces/sky/configmaps/absent", 404);
        Assert.That(Verdict(rules).Faults, Is.EqualTo((string[])["not granted, and asked for: deletecollection configmaps in sky", "not granted, and asked for: get pods in sky one", "not granted, and asked for: watch configmaps everywhere"]));
    }

    [Test]
    public async Task A_rule_with_a_name_is_for_that_object_alone()
    {
        const string rules = """
            own:
              - {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [mine, spare], verbs: [get]}
            """;
        await AskAsync(rules, "GET", "apis/coordination.k8s.io/v1/namespaces/home/leases/mine", 404);
        await AskAsync(rules, "GET", "apis/coordination.k8s.io/v1/namespaces/home/leases/others", 403);
        await AskAsync(rules, "GET", "apis/coordination.k8s.io/v1/namespaces/sky/leases/mine", 403);
        await AskAsync(rules, "GET", "apis/coordination.k8s.io/v1/namespaces/home/leases", 403);
        Assert.That(Verdict(rules).Faults.Where(fault => fault.StartsWith("granted", StringComparison.Ordinal)), Is.EqualTo((string[])["granted, and needed by no behaviour test: own: get leases.coordination.k8s.io spare"]));
    }

    [Test]
    public async Task A_subresource_is_a_resource_of_its_own()
    {
        const string rules = """
            watched:
              - {apiGroups: [apps], resources: [deployments], verbs: [patch]}
              - {apiGroups: [apps], resources: [statefulsets/status], verbs: [patch]}
            """;
        // Not there: whoever hears that was let in.
        await AskAsync(rules, "PATCH", "apis/apps/v1/namespaces/sky/deployments/a/status", 403);
        await AskAsync(rules, "PATCH", "apis/apps/v1/namespaces/sky/statefulsets/a", 403);
        await AskAsync(rules, "PATCH", "apis/apps/v1/namespaces/sky/statefulsets/a/status", 404);
        await AskAsync(rules, "PATCH", "apis/apps/v1/namespaces/sky/deployments/a", 404);
        Assert.That(Verdict(rules).Faults, Is.EqualTo((string[])["not granted, and asked for: patch deployments/status.apps in sky a", "not granted, and asked for: patch statefulsets.apps in sky a"]));
    }

    [Test]
    public async Task To_apply_what_is_not_there_takes_the_right_to_create()
    {
        const string rules = "watched: [{apiGroups: [\"\"], resources: [configmaps], verbs: [patch]}]";
        const string body = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"}}";
        await AskAsync(rules, "PATCH", "api/v1/namespaces/sky/configmaps/a?fieldManager=x", 403, body, Apply);
        await AskAsync(rules.Replace("[patch]", "[patch, create]", StringComparison.Ordinal), "PATCH", "api/v1/namespaces/sky/configmaps/a?fieldManager=x", 201, body, Apply);
        await AskAsync(rules, "PATCH", "api/v1/namespaces/sky/configmaps/a?fieldManager=x", 200, body, Apply);
    }

    [Test]
    public async Task An_owner_that_waits_for_what_it_owns_takes_the_right_to_its_finalizers()
    {
        const string rules = "watched: [{apiGroups: [\"\"], resources: [configmaps], verbs: [create]}]";
        const string body = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\", \"ownerReferences\": [{\"apiVersion\": \"rucio.cern.ch/v1alpha1\", \"kind\": \"RucioInstance\", \"name\": \"r\", \"uid\": \"u\", \"blockOwnerDeletion\": true}]}}";
        await AskAsync(rules, "POST", "api/v1/namespaces/sky/configmaps", 403, body);
        Assert.That(Verdict(rules).Faults, Is.EqualTo((string[])["not granted, and asked for: update rucioinstances/finalizers.rucio.cern.ch in sky"]));
    }

    [Test]
    public async Task Of_two_rules_for_the_same_neither_is_shown_to_be_needed()
    {
        const string rules = """
            watched:
              - {apiGroups: [""], resources: [namespaces], verbs: [get]}
            own:
              - {apiGroups: [""], resources: [namespaces], verbs: [get]}
            """;
        await AskAsync(rules, "GET", "api/v1/namespaces/home", 200);
        Assert.That(_api.Gate.Used.Needed, Is.Empty);
        await AskAsync(rules, "GET", "api/v1/namespaces/sky", 200);
        Assert.That(Verdict(rules).Faults, Is.EqualTo((string[])["granted, and needed by no behaviour test: own: get namespaces"]));
        await AskAsync(rules, "GET", "api/v1/namespaces/home", 200, watched: [Watched]);
        Assert.That(Verdict(rules).Faults, Is.Empty);
    }

    [Test]
    public async Task With_Roles_rules_hold_where_the_Roles_are()
    {
        const string rules = """
            watched:
              - {apiGroups: [""], resources: [configmaps], verbs: [list]}
            cluster:
              - {apiGroups: [""], resources: [namespaces], verbs: [list]}
            own:
              - {apiGroups: [""], resources: [services], verbs: [list]}
            """;
        foreach (var (path, inAll, inOne) in ((string, int, int)[])
        [
            ("api/v1/configmaps", 200, 403), ("api/v1/namespaces/sky/configmaps", 200, 200), ("api/v1/namespaces/sea/configmaps", 200, 403),
            ("api/v1/namespaces", 200, 403), ("api/v1/namespaces/home/services", 200, 200), ("api/v1/namespaces/sky/services", 403, 403),
        ])
        {
            await AskAsync(rules, "GET", path, inAll);
            await AskAsync(rules, "GET", path, inOne, watched: [Watched]);
        }
    }

    [Test]
    public async Task Whole_Secrets_are_listed_by_label_only()
    {
        const string rules = "watched: [{apiGroups: [\"\"], resources: [secrets], verbs: [list]}]";
        await AskAsync(rules, "GET", "api/v1/secrets?labelSelector=a%3Db", 200);
        await AskAsync(rules, "GET", "api/v1/secrets", 403);
        Assert.That(Verdict(rules).Faults, Is.EqualTo((string[])["not granted, and asked for: list of whole Secrets without a label selector"]));
    }

    [Test]
    public async Task To_ask_what_one_may_do_everybody_may()
    {
        const string review = "{\"apiVersion\": \"authorization.k8s.io/v1\", \"kind\": \"SelfSubjectAccessReview\", \"spec\": {}}";
        await AskAsync("watched: []", "POST", "apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 201, review);
        await AskAsync("watched: []", "POST", "apis/authorization.k8s.io/v1/subjectaccessreviews", 403, review);
        await AskAsync("watched: []", "GET", "openapi/v3", 200);
    }

    [TestCase("rucio-operator/1.0.0 (rucio-operator-7d9-x)", false)]
    [TestCase("rucio-operator/1.0.0 (kubectl rucio)", true)]
    [TestCase("rucio-operator/1.0.0 (rucio-operator)", true)]
    [TestCase("kubectl/v1.33", true)]
    public async Task An_operator_with_an_administrators_rights_shows_nothing_and_is_named(string agent, bool isPerson)
    {
        using var http = new HttpClient { BaseAddress = _api.Url, DefaultRequestHeaders = { { "User-Agent", agent }, { "Authorization", "Bearer sandbox" } } };
        Assert.That((int)(await http.GetAsync(new Uri("api/v1/configmaps", UriKind.Relative))).StatusCode, Is.EqualTo(200));
        Assert.That(_api.Gate.Used.Denied, isPerson ? Is.Empty : Has.One.Contains("administrator's rights").And.One.Contains(agent));
    }

    [Test]
    public async Task Of_part_of_the_tests_it_says_that_it_cannot_tell_yet_names_what_is_missing()
    {
        const string rules = "watched: [{apiGroups: [\"\"], resources: [configmaps], verbs: [get, list]}]";
        await AskAsync(rules, "GET", "api/v1/configmaps", 200);
        await AskAsync(rules, "GET", "api/v1/pods", 403);
        var verdict = RightsVerdict.Of(RightsFile.Read(rules), _api.Gate.Used, ran: 3, all: 4);
        Assert.That(verdict.Faults, Is.EqualTo((string[])["not granted, and asked for: list pods everywhere"]));
        Assert.That(verdict.Summary, Is.EqualTo("rights: 1 of 2 were needed by the 3 of 4 behaviour tests that ran and passed: whether the others are, only a run of all can tell"));
    }

    [Test]
    public void Where_nothing_could_be_run_it_cannot_tell_either() =>
        Assert.That(RightsVerdict.Of(RightsFile.All, new(), ran: 4, all: 4).Faults, Is.Empty);

    [Test]
    public void The_charts_rules_name_each_right_once_and_none_by_a_star()
    {
        Assert.That(RightsFile.All, Is.Unique);
        Assert.That(RightsFile.All.Where(right => right.Verb.Contains('*', StringComparison.Ordinal) || right.Resource.Contains('*', StringComparison.Ordinal)), Is.Empty);
    }

    private RightsVerdict Verdict(string rules) => RightsVerdict.Of(RightsFile.Read(rules), _api.Gate.Used, ran: 4, all: 4);

    private async Task AskAsync(string rules, string method, string path, int expected, string body = "{}", string contentType = "application/json", IReadOnlyList<string>? watched = null)
    {
        _api.Gate.Admit("operator", new("operator", RightsFile.Read(rules), watched ?? [], Home));
        using var http = new HttpClient { BaseAddress = _api.Url };
        using var request = new HttpRequestMessage(new(method), path) { Headers = { Authorization = new("Bearer", "operator") } };
        if (method is "PATCH" or "POST")
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(method == "PATCH" && contentType == "application/json" ? "application/merge-patch+json" : contentType));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.That((int)response.StatusCode, Is.EqualTo(expected), $"{method} {path}: {(expected == 200 && path.Contains("watch", StringComparison.Ordinal) ? "" : await response.Content.ReadAsStringAsync())}");
    }
}
