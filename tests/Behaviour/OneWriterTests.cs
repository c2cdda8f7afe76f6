using System.Net.Http.Headers;
using System.Text;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes.Rights;

namespace RucioOperator.Tests.Behaviour;

/// <summary>The witness of the tests on leadership sees what it is there for.</summary>
[Parallelizable]
public sealed class OneWriterTests
{
    private const string Leases = "apis/coordination.k8s.io/v1/namespaces/default/leases", ConfigMaps = "api/v1/namespaces/default/configmaps";

    private readonly HttpClient _http = new();
    private World _world = null!;

    [SetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--no-operator");
        // No operator's work: nothing follows from it for the chart's rights.
        _world.Bed.Kubernetes.Gate.Used = new();
        _world.Bed.Kubernetes.Gate.Admit("writer", new("writer", RightsFile.All, [], "default"));
    }

    [TearDown]
    public ValueTask End() => _world.DisposeAsync();

    [OneTimeTearDown]
    public void Close() => _http.Dispose();

    [Test]
    public async Task It_sees_writes_to_Kubernetes_outside_of_the_writers_term()
    {
        var writer = OneWriter.Watch(_world.Bed, "default");
        await SendAsync("a", "POST", ConfigMaps, ConfigMap("early"));
        Assert.That(writer.Offences, Has.Count.EqualTo(2).And.All.Contains("of a").And.All.Contains("nobody led"), "as it was sent, and as it took effect");

        await SendAsync("a", "POST", Leases, Lease("a"));
        await SendAsync("a", "POST", ConfigMaps, ConfigMap("in-time"));
        Assert.That((writer.Offences.Count, writer.WritesOf("a")), Is.EqualTo((2, 4)));

        await SendAsync("b", "POST", ConfigMaps, ConfigMap("foreign"));
        Assert.That(writer.Offences.Skip(2), Has.Exactly(2).Items.And.All.Contains("of b").And.All.Contains("while a led"));

        await SendAsync("a", "PUT", $"{Leases}/rucio-operator", Lease(""));
        await SendAsync("a", "POST", ConfigMaps, ConfigMap("late"));
        Assert.That(writer.Offences.Skip(4), Has.Exactly(2).Items.And.All.Contains("nobody led"));
    }

    [Test]
    public async Task It_sees_a_change_of_Rucio_that_takes_effect_in_the_next_ones_term()
    {
        var (arrived, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var writer = OneWriter.Watch(_world.Bed, "default", delayInRucio: _ =>
        {
            arrived.TrySetResult();
            return go.Task;
        });
        await SendAsync("a", "POST", Leases, Lease("a"));
        using var content = new StringContent("{}");
        var change = _http.PostAsync(_world.Bed.Rucio.Url("/anywhere/rucio-admin/vos/abc"), content);
        await arrived.Task;
        await SendAsync("a", "PUT", $"{Leases}/rucio-operator", Lease(""));
        await SendAsync("b", "PUT", $"{Leases}/rucio-operator", Lease("b"));
        go.SetResult();
        (await change).Dispose();
        Assert.That(writer.Offences, Has.One.Contains("began in term 1 of a and took effect in 2 of b"));
    }

    private static string Lease(string holder) => $$$"""{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "rucio-operator"}, "spec": {"holderIdentity": "{{{holder}}}"}}""";

    private static string ConfigMap(string name) => $$$"""{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{{name}}}"}}""";

    private async Task SendAsync(string identity, string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(_world.Bed.Kubernetes.Url, path));
        request.Headers.Authorization = new("Bearer", "writer");
        request.Headers.UserAgent.ParseAdd($"rucio-operator/1.0.0 ({identity})");
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await _http.SendAsync(request);
        Assert.That(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
