using System.Net;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Hosting;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What the process tells of itself: traces, metrics, log lines, health.</summary>
[Parallelizable]
public sealed class TelemetryTests
{
    private static readonly HttpClient Http = new();

    [TestCase("grpc"), TestCase("http/protobuf")]
    public async Task A_pass_is_a_trace_down_to_each_call_and_log_lines_and_events_name_it(string protocol)
    {
        await using var collector = await Collector.StartAsync(grpc: protocol == "grpc");
        await using var world = await World.StartAsync("--no-operator");
        world.Bed.StartOperator(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        });
        var ns = await TenantAsync(world);
        await world.UntilAsync(() => collector.Spans.Any(s => s.Name == "rucio POST /vos/{}"), () => $"no such span: {string.Join(", ", collector.Spans.Select(s => s.Name).Distinct().Order())}");
        string[] metrics = ["rucio_operator_reconcile", "rucio_resource_ready", "rucio_api_request_duration", "rucio_operator_kube_request_duration"];
        await world.UntilAsync(() => metrics.All(collector.Metrics.Contains), () => $"not all metrics: {string.Join(", ", collector.Metrics.Order())}");
        var made = collector.Spans.First(s => s.Name == "rucio POST /vos/{}");
        await world.UntilAsync(() => collector.Spans.Any(s => s.TraceId == made.TraceId && s.Parent == ""), () => "the pass did not end");
        var trace = collector.Spans.Where(s => s.TraceId == made.TraceId).ToDictionary(s => s.Id);
        Assert.Multiple(() =>
        {
            Assert.That(Path(made), Is.EqualTo("reconcile > act > change > rucio POST /vos/{}"));
            Assert.That(trace[trace[made.Parent].Id].Tags["change"], Does.Contain("VO sky"));
            var root = trace.Values.Single(s => s.Parent == "");
            Assert.That((root.Tags["controller"], root.Tags["object"]), Is.EqualTo(("virtualorganisation", $"{ns}/sky")));
            Assert.That(made.Tags["instance"], Is.EqualTo($"{ns}/rucio"));
            Assert.That(trace.Values.Select(Path), Does.Contain("reconcile > plan").And.Contain("reconcile > report > kube patch virtualorganisations/status"));
            Assert.That(trace.Values.Where(s => s.Name.StartsWith("sql ", StringComparison.Ordinal)).Select(Path), Does.Contain("reconcile > observe > sql SELECT"));
            // From any pass: an instance's are traced as well, down to its database.
            Assert.That(collector.Spans.Select(s => s.Name), Does.Contain("kube apply deployments").And.Contain("sql CREATE"));
            Assert.That(collector.Spans.SelectMany(s => s.Tags.Keys), Does.Not.Contain("db.query.text"));
            Assert.That(collector.Spans.Where(s => s.Parent == "").Select(s => s.Name).Distinct(), Is.EqualTo(new[] { "reconcile" }), "what is no work of anybody is not traced");
            Assert.That(Lines(world).Where(l => Text(l, "trace_id") == made.TraceId && Text(l, "controller") == "virtualorganisation").Select(l => Text(l, "message")), Has.Some.Contains("VO sky"));
        });
        world.AssertNoSecretIsTold([.. collector.Texts]);

        string Path(ReceivedSpan span) => trace.TryGetValue(span.Parent, out var parent) ? $"{Path(parent)} > {span.Name}" : span.Name;
    }

    [Test]
    public async Task Without_a_collector_lines_and_events_of_one_pass_still_name_one_trace_and_a_pass_that_finds_nothing_says_nothing()
    {
        await using var world = await World.StartAsync("--drift-interval=2s");
        var ns = await TenantAsync(world);
        await world.EventAsync(ns, "sky", "Ready", "(trace ");
        var note = world.Events(ns, "sky", "Ready")[0]["note"]!.GetValue<string>();
        var trace = note[(note.LastIndexOf("(trace ", StringComparison.Ordinal) + 7)..^1];
        Assert.That(trace, Does.Match("^[0-9a-f]{32}$"));
        Assert.That(Lines(world).Where(l => Text(l, "controller") is not null).Select(l => Text(l, "trace_id")), Has.All.Match("^[0-9a-f]{32}$"));
        // Storages settle once more for those that are new to the daemons.
        await world.LooksAsync(2);
        var before = Lines(world).Count;
        await world.LooksAsync(3);
        Assert.That(Lines(world).Skip(before).Select(l => Text(l, "message")), Is.Empty);
    }

    [Test]
    public async Task Each_object_that_is_written_and_each_change_in_Rucio_is_one_line()
    {
        await using var world = await World.StartAsync();
        await TenantAsync(world);
        // Not the status, which is no change to the world, nor leases, events and finalizers, which nobody asked for.
        var writes = world.Bed.Kubernetes.Requests.Since(0, r => r.IsWrite && r.UserAgent.StartsWith("rucio-operator", StringComparison.Ordinal) && r.Subresource.Length == 0 && r.Status < 300
            && r.Resource is not ("leases" or "events" or "rucioinstances" or "virtualorganisations" or "storageelements"));
        var told = Lines(world).Where(l => Text(l, "level") == "info" && Text(l, "key") is not null).ToList();
        Assert.That(told.Where(l => !IsMade(l)).Select(l => Text(l, "key")).Order(), Is.EqualTo(writes.Where(r => r.Verb != "create").Select(r => $"{r.Namespace}/{r.Name}").Order()));
        // The name of what is created stands in its body.
        Assert.That(told.Count(IsMade), Is.EqualTo(writes.Count(r => r.Verb == "create")).And.GreaterThan(0));
        Assert.That(Lines(world).Where(l => Text(l, "change") is not null), Is.Not.Empty);

        static bool IsMade(JsonObject line) => Text(line, "verb") == "Made";
    }

    [Test]
    public async Task Each_role_database_schema_and_password_that_is_made_or_changed_in_PostgreSQL_is_one_line()
    {
        await using var world = await World.StartAsync();
        var ns = await TenantAsync(world);
        var name = world.DatabaseName(ns);
        Assert.That(Told(), Is.EqualTo(new[] { $"Made role {name}", $"Made role {name}_observer", $"Made database {name}", "Made schema rucio" }));
        var before = Told().Count;
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/rotate-database-password", "one");
        await world.Bed.WaitAsync(World.Instances, ns, "rucio", node => node["status"]?["lastHandledPasswordRotation"]?.GetValue<string>() == "one" && SandboxBed.IsReady(node));
        var after = Told().Skip(before).ToList();
        Assert.That(after.Where(l => !l.StartsWith("Ended", StringComparison.Ordinal)), Is.EqualTo(new[] { $"Made role {name}_login2", $"Changed password of role {name}_observer", $"Closed role {name}" }));
        world.AssertNoSecretIsTold();

        List<string> Told() => [.. Lines(world).Where(l => Text(l, "message")!.Contains(" in PostgreSQL at ", StringComparison.Ordinal)).Select(l => $"{Text(l, "verb")} {Text(l, "what")} {Text(l, "name")}")];
    }

    [Test]
    public async Task A_proxy_and_its_delegation_are_traces_down_to_the_calls_to_VOMS_and_FTS()
    {
        await using var collector = await Collector.StartAsync(grpc: false);
        await using var bed = await TransferBed.StartAsync("", "--no-operator");
        bed.World.Bed.StartOperator(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{collector.Url}/v1/traces",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        });
        bed.Robot("robot", "robot");
        bed.Voms.Members[TransferBed.DnOf("robot")] = ["/sky"];
        bed.Vo("sky", $"{{credentialSecretRef: {{name: robot}}, voms: {{vomses: '{bed.Voms.VomsesLine}', fqans: [/sky]}}}}");
        await bed.ToldAsync("sky", "Delegated", "True", "Delegated");
        string[] paths = ["make proxy > voms GET /generate-ac", "delegate > fts GET /whoami", "delegate > fts GET /delegation/{}/request", "delegate > fts PUT /delegation/{}/credential"];
        await bed.World.UntilAsync(() => paths.All(p => Of(p).Any()), () => $"not all of them: {string.Join(", ", collector.Spans.Select(s => s.Name).Distinct().Order())}");
        Assert.Multiple(() =>
        {
            foreach (var path in paths)
            {
                var (call, work) = Of(path).First();
                Assert.That((work.Parent, work.Tags["controller"], work.Tags["object"]), Is.EqualTo(("", "transfers", $"{bed.Ns}/rucio sky")), path);
                Assert.That((call.Tags["server.address"], call.Failed), Is.EqualTo(("localhost", false)), path);
            }
            // The line of what came of it is found by the trace.
            Assert.That(new[] { paths[0], paths[^1] }.SelectMany(Of).Select(p => Line(p.Work)), Has.None.Null);
        });
        bed.World.AssertNoSecretIsTold([.. collector.Texts]);

        IEnumerable<(ReceivedSpan Call, ReceivedSpan Work)> Of(string path) =>
            from call in collector.Spans
            from work in collector.Spans
            where call.TraceId == work.TraceId && call.Parent == work.Id && $"{work.Name} > {call.Name}" == path && work.Tags["object"].EndsWith(" sky", StringComparison.Ordinal)
            select (call, work);

        JsonObject? Line(ReceivedSpan work) => Lines(bed.World).FirstOrDefault(l => Text(l, "trace_id") == work.TraceId && Text(l, "message")!.Contains($" of {bed.Ns}/rucio sky", StringComparison.Ordinal));
    }

    [Test]
    public async Task Metrics_are_those_of_the_table_with_their_labels()
    {
        var port = FreePort();
        await using var world = await World.StartAsync($"--health-port={port}", "--leader-election=true");
        var ns = await TenantAsync(world);
        world.Store.Delete(World.Storages, ns, "disk");
        await world.GoneAsync(World.Storages, ns, "disk");
        string text = "";
        await world.UntilAsync(async () => (text = await Http.GetStringAsync($"http://127.0.0.1:{port}/metrics")).Contains("rucio_operator_leader 1", StringComparison.Ordinal), () => text);
        var exposition = Exposition.Parse(text);
        Assert.Multiple(() =>
        {
            foreach (var family in exposition.Families.Where(f => f.Name.StartsWith("rucio_", StringComparison.Ordinal)))
            {
                var row = MetricTable.Rows.SingleOrDefault(r => r.Name == family.Name);
                Assert.That(row, Is.Not.Null, $"{family.Name} is not in the table");
                Assert.That(family.Type, Is.EqualTo(row!.Type), family.Name);
                Assert.That(family.Labels, Is.EquivalentTo(row.Labels), family.Name);
            }
            Assert.That(exposition.Value("rucio_resource_ready", ("kind", "VirtualOrganisation"), ("namespace", ns), ("name", "sky")), Is.EqualTo(1));
            Assert.That(exposition.Value("rucio_resource_ready", ("kind", "StorageElement"), ("name", "disk")), Is.Null, "what is gone is not told any more");
            Assert.That(exposition.Value("rucio_resource_info", ("kind", "VirtualOrganisation"), ("rucioinstance", "rucio"), ("vo", "sky"), ("reason", "Ready")), Is.EqualTo(1));
            Assert.That(exposition.Value("rucio_operator_time_to_ready_seconds_count", ("kind", "RucioInstance")), Is.EqualTo(1));
            Assert.That(exposition.Value("rucio_api_request_duration_seconds_count", ("instance", $"{ns}/rucio"), ("operation", "POST /vos/{}"), ("code", "201")), Is.EqualTo(1));
            Assert.That(exposition.Value("rucio_operator_kube_request_duration_seconds_count", ("verb", "apply"), ("resource", "deployments"), ("code", "201")), Is.GreaterThan(0));
            Assert.That(exposition.Value("rucio_operator_build_info"), Is.EqualTo(1));
            Assert.That(MetricTable.OfTheRuntime, Is.SubsetOf(exposition.Families.Select(f => f.Name)));
        });
    }

    [Test]
    public async Task Health_speaks_HTTP_1_and_tells_live_ready_and_started_apart()
    {
        var port = FreePort();
        await using var world = await World.StartAsync("--no-operator");
        // Nobody may list storages: caches are never full.
        var refused = world.Bed.Kubernetes.Faults.Add(new() { Verb = "list", Resource = "storageelements", Status = 503 });
        world.Bed.StartOperator($"--health-port={port}");
        await world.UntilAsync(async () => await AskAsync(port, "livez") is (HttpStatusCode.OK, _), () => "not alive");
        foreach (var path in (string[])["readyz", "startupz"])
            await world.UntilAsync(async () => await AskAsync(port, path) is (HttpStatusCode.ServiceUnavailable, "no complete list of storageelements yet\n"), () => $"/{path} says something else");
        refused.Dispose();
        await world.UntilAsync(async () => await AskAsync(port, "readyz") is (HttpStatusCode.OK, "ok\n"), () => "not ready");
        Assert.That(await AskAsync(port, "startupz"), Is.EqualTo((HttpStatusCode.OK, "ok\n")));
        using var two = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/livez") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Assert.That(async () => await Http.SendAsync(two), Throws.InstanceOf<HttpRequestException>());
    }

    private static async Task<(HttpStatusCode? Status, string Body)> AskAsync(int port, string path)
    {
        try
        {
            using var answer = await Http.GetAsync($"http://127.0.0.1:{port}/{path}");
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException)
        {
            return (null, "");
        }
    }

    /// <returns>The namespace of an instance, a VO and a storage that are Ready.</returns>
    private static async Task<string> TenantAsync(World world)
    {
        var ns = world.Ns("tell");
        world.ApplyInstance(ns);
        world.ApplyVo(ns, "sky", "sky", "rucio", "  accounts: [{name: alice, identities: [{type: Userpass}]}]");
        world.ApplyStorage(ns, "disk", "sky", "SKY_DISK");
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"), (World.Storages, ns, "disk"));
        return ns;
    }

    private static IReadOnlyList<JsonObject> Lines(World world) => [.. world.Bed.ReadLog().Where(l => l.StartsWith('{')).Select(l => JsonNode.Parse(l)!.AsObject())];

    private static string? Text(JsonObject line, string name) => line[name]?.GetValue<string>();

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
