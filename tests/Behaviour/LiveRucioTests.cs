using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Tests.SandboxTests;

namespace RucioOperator.Tests.Behaviour;

/// <summary>
/// The operator as a process against running Rucio servers: one for many VOs and one for a single VO, each as somebody
/// else's over REST alone, and the latter also as its own, by its catalogue.
/// </summary>
[Category("Contract")]
public sealed class LiveRucioTests
{
    private const string NeedsMulti = "needs a running multi-VO Rucio: RUCIO_TEST_URL, RUCIO_TEST_SUPER_ROOT_USER, RUCIO_TEST_SUPER_ROOT_PASSWORD";
    private const string NeedsSingle = "needs a running single-VO Rucio: RUCIO_TEST_SINGLE_URL, RUCIO_TEST_SINGLE_DB, RUCIO_TEST_SINGLE_USER, RUCIO_TEST_SINGLE_PASSWORD";
    private const string Ns = "solo";

    private static readonly string Run = Guid.NewGuid().ToString("N")[..4].ToUpperInvariant();

    [Test]
    public async Task A_vo_and_its_storages_on_a_rucio_for_many_over_rest_alone()
    {
        var url = Variable("RUCIO_TEST_URL", NeedsMulti);
        var tag = $"{(char)('a' + Random.Shared.Next(26))}{Random.Shared.Next(1296) / 36 % 10}{(char)('a' + Random.Shared.Next(26))}";
        await using var bed = await SandboxBed.StartAsync(await SharedPostgres.ServerAsync());
        bed.StartOperator("--drift-interval=2s");
        Instance(bed, url, Variable("RUCIO_TEST_SUPER_ROOT_USER", NeedsMulti), Variable("RUCIO_TEST_SUPER_ROOT_PASSWORD", NeedsMulti), tag, "");
        await ConvergesAsync(bed, url, tag);
    }

    [Test]
    public async Task A_single_vo_rucio_of_its_own_and_then_over_rest_alone()
    {
        await OfItsOwnAsync();
        await OverRestAsync();
    }

    private static async Task OfItsOwnAsync()
    {
        var url = Variable("RUCIO_TEST_SINGLE_URL", NeedsSingle);
        var database = new Npgsql.NpgsqlConnectionStringBuilder(Variable("RUCIO_TEST_SINGLE_DB", NeedsSingle));
        await using var bed = await SandboxBed.StartAsync(await SharedPostgres.ServerAsync(), live: true);
        bed.ServiceOverrides = [$"rucio-admin.{Ns}={url}"];
        bed.StartOperator("--drift-interval=2s");
        bed.Kubernetes.ApplyYaml($$"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: {{Ns}} }
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: owner, namespace: {{Ns}} }
            stringData: {username: {{database.Username}}, password: {{database.Password}} }
            ---
            apiVersion: rucio.cern.ch/v1alpha1
            kind: RucioInstance
            metadata: {name: rucio, namespace: {{Ns}} }
            spec:
              version: 41.0.0
              multiVo: false
              database: {existing: {host: {{database.Host}}, port: {{database.Port}}, name: {{database.Database}}, schema: rucio, sslMode: Disable, credentialsSecretRef: {name: owner} } }
            """);
        await ConvergesAsync(bed, url, "def");
        bed.Kubernetes.Store.Delete(World.Instances, Ns, "rucio");
    }

    private static async Task OverRestAsync()
    {
        var url = Variable("RUCIO_TEST_SINGLE_URL", NeedsSingle);
        await using var bed = await SandboxBed.StartAsync(await SharedPostgres.ServerAsync());
        bed.StartOperator("--drift-interval=2s");
        Instance(bed, url, Variable("RUCIO_TEST_SINGLE_USER", NeedsSingle), Variable("RUCIO_TEST_SINGLE_PASSWORD", NeedsSingle), "def", "multiVo: false");
        await ConvergesAsync(bed, url, "def");
    }

    private static async Task ConvergesAsync(SandboxBed bed, string url, string tag)
    {
        bed.Kubernetes.ApplyYaml($$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: VirtualOrganisation
            metadata: {name: lab, namespace: {{Ns}} }
            spec:
              instanceRef: {name: rucio}
              tag: {{tag}}
              accounts: [{name: alice-{{Run.ToLowerInvariant()}}, email: alice@example.org, admin: true, identities: [{type: Userpass}], quotas: [{rseExpression: "*", bytes: 1Ti}]}]
              scopes: [{name: data-{{Run}}, owner: alice-{{Run.ToLowerInvariant()}} }]
            ---
            apiVersion: rucio.cern.ch/v1alpha1
            kind: StorageElement
            metadata: {name: disk, namespace: {{Ns}} }
            spec: {voRef: {name: lab}, rse: LAB-{{Run}}_DISK, attributes: {site: LAB}, minFreeSpace: 10Gi, capacity: 1Ti, deletionPolicy: Decommission, endpoints: [{url: "davs://disk.example.org:443/{{Run}}/"}]}
            ---
            apiVersion: rucio.cern.ch/v1alpha1
            kind: StorageElement
            metadata: {name: tape, namespace: {{Ns}} }
            spec: {voRef: {name: lab}, rse: LAB-{{Run}}_TAPE, type: TAPE, endpoints: [{url: "root://tape.example.org:1094//{{Run}}/"}]}
            """);
        await bed.WaitReadyAsync(World.Instances, Ns, "rucio");
        await bed.WaitReadyAsync(World.Vos, Ns, "lab");
        foreach (var storage in (string[])["disk", "tape"])
            await bed.WaitReadyAsync(World.Storages, Ns, storage);

        var login = ((JsonObject)bed.Kubernetes.Store.Get("secrets", Ns, $"lab-alice-{Run.ToLowerInvariant()}-login")!["data"]!).ToDictionary(e => e.Key, e => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(e.Value!.GetValue<string>())));
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{url}/auth/userpass");
        request.Headers.Add("X-Rucio-Username", login["username"]);
        request.Headers.Add("X-Rucio-Password", login["password"]);
        request.Headers.Add("X-Rucio-Account", login["account"]);
        request.Headers.Add("X-Rucio-VO", tag);
        using var response = await http.SendAsync(request);
        Assert.That((int)response.StatusCode, Is.EqualTo(200));

        // Left alone over drift passes: nothing is found to heal.
        for (var pass = 1; pass <= 3; pass++)
        {
            foreach (var (resource, name) in (IEnumerable<(string, string)>)[(World.Instances, "rucio"), (World.Vos, "lab"), (World.Storages, "disk")])
            {
                bed.Kubernetes.Store.Patch(resource, Ns, name, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["rucio.cern.ch/reconcile-at"] = $"{pass}" } } });
                await bed.WaitAsync(resource, Ns, name, node => node["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == $"{pass}" && SandboxBed.IsReady(node));
            }
        }
        Assert.That(Events(bed, "DriftDetected"), Is.Empty);

        await bed.WaitConditionAsync(World.Storages, Ns, "disk", "SpaceKnown", "True", "Reported");
        Assert.That(bed.Kubernetes.Store.Get(World.Storages, Ns, "disk")!["status"]!["space"]!["free"]!.GetValue<string>(), Is.EqualTo("1Ti"));
        bed.Kubernetes.Store.Delete(World.Storages, Ns, "disk");
        for (var deadline = DateTime.UtcNow.AddSeconds(30); bed.Kubernetes.Store.Get(World.Storages, Ns, "disk") is { } still; await Task.Delay(100))
            Assert.That(DateTime.UtcNow, Is.LessThan(deadline), still.ToJsonString());
        Assert.That(Events(bed, "Draining").Concat(Events(bed, "RseDeleted")), Has.Exactly(2).Items.And.All.Contain($"LAB-{Run}_DISK"));
    }

    private static IEnumerable<string> Events(SandboxBed bed, string reason) =>
        bed.Kubernetes.Store.List("events.events.k8s.io", Ns).Where(e => e["reason"]!.GetValue<string>() == reason).Select(e => e["note"]!.GetValue<string>());

    private static void Instance(SandboxBed bed, string url, string user, string password, string tag, string spec) => bed.Kubernetes.ApplyYaml($$"""
        apiVersion: v1
        kind: Namespace
        metadata: {name: {{Ns}} }
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: login, namespace: {{Ns}} }
        stringData: {username: {{user}}, password: {{password}} }
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: {{Ns}} }
        spec:
          external: {apiUrl: "{{url}}", credentialsSecretRef: {name: login} }
          tenancy: {vos: [{tag: {{tag}}, namespace: {{Ns}} }]}
          {{spec}}
        """);

    private static string Variable(string name, string needs)
    {
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            return value;
        Assert.Ignore(needs);
        return "";
    }
}
