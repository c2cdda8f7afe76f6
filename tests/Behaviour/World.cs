using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Docs;
using RucioOperator.Tests.SandboxTests;

namespace RucioOperator.Tests.Behaviour;

/// <summary>
/// A Kubernetes API, a stand-in Rucio and the operator as a process, on the PostgreSQL of the whole run. All SQL goes
/// through a proxy, so that passes can be told and counted.
/// </summary>
internal sealed partial class World : IAsyncDisposable
{
    public const string Instances = "rucioinstances.rucio.cern.ch";
    public const string Vos = "virtualorganisations.rucio.cern.ch";
    public const string Storages = "storageelements.rucio.cern.ch";

    private const string PassMarker = "SELECT vo, description, email FROM vos";

    private static int _worlds;

    private readonly int _number;
    private readonly List<string> _roundTrips = [];
    private readonly StatusesSeen _statuses;

    private World(SandboxBed bed, PostgresProxy proxy, int number)
    {
        (Bed, Proxy, _number) = (bed, proxy, number);
        _statuses = new(Store, Instances, Vos, Storages);
        proxy.OnRequest = trip =>
        {
            lock (_roundTrips)
                _roundTrips.Add(trip.Sql);
            return Task.CompletedTask;
        };
    }

    public SandboxBed Bed { get; }

    public PostgresProxy Proxy { get; }

    public IKubeStore Store => Bed.Kubernetes.Store;

    /// <summary>What every round trip since the start asked for.</summary>
    public IReadOnlyList<string> RoundTrips
    {
        get
        {
            lock (_roundTrips)
                return [.. _roundTrips];
        }
    }

    /// <summary>Looks at a whole catalogue, or at one VO of it.</summary>
    public int Looks => RoundTrips.Count(IsLook);

    public static bool IsLook(string sql) => sql.Contains(PassMarker, StringComparison.Ordinal);

    public static Task<World> StartAsync(params string[] arguments) => StartAsync(Interlocked.Increment(ref _worlds), arguments);

    /// <summary>Another cluster with the namespaces of this one, on the same database server.</summary>
    public Task<World> StartTwinAsync(params string[] arguments) => StartAsync(_number, arguments);

    private static async Task<World> StartAsync(int number, string[] arguments)
    {
        var postgres = await SharedPostgres.ServerAsync();
        var world = new World(await SandboxBed.StartAsync(postgres), new PostgresProxy(postgres.Host, postgres.Port), number);
        if (arguments is not ["--no-operator"])
            world.Bed.StartOperator(arguments);
        return world;
    }

    /// <summary>A namespace of this world alone: databases are named after it and share a server.</summary>
    public string Ns(string stem) => $"{stem}-{_number}";

    public string DatabaseName(string ns, string instance = "rucio") => $"rucio_{ns}_{instance}".Replace('-', '_');

    public void Namespace(string ns, string labels = "{}") => Apply($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {ns}, labels: {labels}}}}}");

    public void Apply(string yaml) => Bed.Kubernetes.ApplyYaml(yaml);

    /// <summary>How PostgreSQL answers a login: <c>ok</c>, or the SQLSTATE of its refusal.</summary>
    public async Task<string> DatabaseLoginAsync(string database, string user, string password)
    {
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Bed.Postgres.ConnectionString(user, password, database)) { Pooling = false }.ConnectionString);
            await connection.OpenAsync();
            return "ok";
        }
        catch (PostgresException refused)
        {
            return refused.SqlState;
        }
    }

    /// <summary>An instance with a database of its own, and the admin Secret it needs.</summary>
    /// <param name="spec">More of spec, in YAML, indented by two.</param>
    public void ApplyInstance(string ns, string name = "rucio", string spec = "", string version = "41.0.0", string? host = null, string adminSecret = "postgres-admin")
    {
        Bed.CreateAdminSecret(ns);
        Apply($$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: RucioInstance
            metadata: {name: {{name}}, namespace: {{ns}}}
            spec:
              version: {{version}}
              database:
                provision:
                  host: {{host ?? Proxy.Host}}
                  port: {{Proxy.Port}}
                  sslMode: Disable
                  adminSecretRef: {name: {{adminSecret}}}
            {{spec}}
            """);
    }

    /// <param name="instance">namespace/name, or a name in the same namespace.</param>
    public void ApplyVo(string ns, string name, string tag, string instance, string spec = "")
    {
        var reference = instance.Split('/') is [var home, var named] ? $"{{namespace: {home}, name: {named}}}" : $"{{name: {instance}}}";
        Apply($$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: VirtualOrganisation
            metadata: {name: {{name}}, namespace: {{ns}}}
            spec:
              instanceRef: {{reference}}
              tag: {{tag}}
            {{spec}}
            """);
    }

    public void ApplyStorage(string ns, string name, string vo, string rse, string? url = null, string spec = "") => Apply($$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        metadata: {name: {{name}}, namespace: {{ns}}}
        spec:
          voRef: {name: {{vo}}}
          rse: {{rse}}
          endpoints: [{url: "{{url ?? $"davs://{name}.{ns}.example.org:443/{rse.ToLowerInvariant()}/"}}"}]
        {{spec}}
        """);

    public void PatchSpec(string resource, string ns, string name, string spec) => Store.Patch(resource, ns, name, Parse($"{{\"spec\": {spec}}}"));

    public void Annotate(string resource, string ns, string name, string annotation, string? value) =>
        Store.Patch(resource, ns, name, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [annotation] = value } } });

    public async Task ReadyAsync(params (string Resource, string Ns, string Name)[] objects)
    {
        foreach (var (resource, ns, name) in objects)
            await Bed.WaitReadyAsync(resource, ns, name);
    }

    public Task<JsonObject> NotReadyAsync(string resource, string ns, string name, string reason) => Bed.WaitConditionAsync(resource, ns, name, "Ready", "False", reason);

    public async Task GoneAsync(string resource, string ns, string name) =>
        await UntilAsync(() => Store.Get(resource, ns, name) is null, () => $"{resource} {ns}/{name} is still there: {Store.Get(resource, ns, name)?.ToJsonString()}");

    /// <summary>Secret → value, decoded; null when there is no such Secret.</summary>
    public IReadOnlyDictionary<string, string>? Secret(string ns, string name) =>
        (Store.Get("secrets", ns, name)?["data"] as JsonObject)?.ToDictionary(e => e.Key, e => Encoding.UTF8.GetString(Convert.FromBase64String(e.Value!.GetValue<string>())));

    public IReadOnlyList<JsonObject> Events(string ns, string name, string? reason = null) =>
        [.. Store.List("events.events.k8s.io", ns).Where(e => e["regarding"]?["name"]?.GetValue<string>() == name && (reason is null || e["reason"]?.GetValue<string>() == reason))];

    public Task EventAsync(string ns, string name, string reason, params string[] words) =>
        UntilAsync(() => Events(ns, name, reason).Any(e => words.All(w => e["note"]!.GetValue<string>().Contains(w, StringComparison.Ordinal))),
            () => $"no event {reason} of {ns}/{name} says {string.Join(", ", words)}; there are: {string.Join(" | ", Events(ns, name).Select(e => $"{e["reason"]}: {e["note"]}"))}");

    /// <summary>SQL on an instance's catalogue as superuser, behind everybody's back.</summary>
    public async Task<IReadOnlyList<string>> SqlAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Bed.Postgres.SuperuserConnectionString) { Database = database, SearchPath = "rucio", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))));
        return rows;
    }

    public async Task<string?> ValueAsync(string database, string sql) => (await SqlAsync(database, sql)).FirstOrDefault();

    /// <summary>Waits until a query's first value is this.</summary>
    public async Task SqlBecomesAsync(string database, string sql, string? expected)
    {
        string? last = null;
        await UntilAsync(async () => (last = await ValueAsync(database, sql)) == expected, () => $"{sql}: {last ?? "no row"}, wanted {expected ?? "no row"}");
    }

    /// <summary>Until the operator has looked at catalogues this many times more.</summary>
    public Task LooksAsync(int more)
    {
        var goal = Looks + more;
        return UntilAsync(() => Looks >= goal, () => $"{Looks} of {goal} looks at the catalogue");
    }

    public Task UntilAsync(Func<bool> holds, Func<string> otherwise, TimeSpan? within = null) => UntilAsync(() => Task.FromResult(holds()), otherwise, within);

    public async Task UntilAsync(Func<Task<bool>> holds, Func<string> otherwise, TimeSpan? within = null)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(began) > (within ?? TimeSpan.FromSeconds(60)))
                Assert.Fail($"{otherwise()}\n{Bed.LogTail()}");
            await Task.Delay(20);
        }
    }

    /// <summary>No password of any Secret may be read in a status, an event or the log.</summary>
    /// <param name="more">Told elsewhere.</param>
    public void AssertNoSecretIsTold(params IReadOnlyCollection<string> more)
    {
        var values = Store.List("secrets").SelectMany(s => s["data"] as JsonObject ?? []).Select(e => (e.Key, Text: Encoding.UTF8.GetString(Convert.FromBase64String(e.Value!.GetValue<string>())))).ToList();
        var secrets = values.Where(e => e.Key.Contains("pass", StringComparison.Ordinal) || e.Key.EndsWith("_key", StringComparison.Ordinal)).Select(e => e.Text)
            // Of a private key each line, however it is cut.
            .Concat(values.SelectMany(e => PrivateKey().Matches(e.Text)).SelectMany(m => m.Groups[1].Value.Split('\n')).Select(line => line.Trim()))
            .Where(v => v.Length > 4).ToHashSet();
        string[] told =
        [
            .. new[] { Instances, Vos, Storages }.SelectMany(r => Store.List(r)).Select(o => o["status"]?.ToJsonString() ?? ""),
            .. Store.List("events.events.k8s.io").Select(e => e.ToJsonString()),
            .. Bed.ReadLog(),
            .. more,
        ];
        Assert.That(told.Where(text => secrets.Any(s => text.Contains(s, StringComparison.Ordinal))), Is.Empty);
    }

    [GeneratedRegex("-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)-----END", RegexOptions.Singleline)]
    private static partial Regex PrivateKey();

    public static string Reason(JsonObject node, string type = "Ready") => SandboxBed.Condition(node, type)!["reason"]!.GetValue<string>();

    public static string Message(JsonObject node, string type = "Ready") => SandboxBed.Condition(node, type)!["message"]!.GetValue<string>();

    public static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    public async ValueTask DisposeAsync()
    {
        var faults = await _statuses.FaultsAsync();
        await Bed.DisposeAsync();
        await Proxy.DisposeAsync();
        Assert.That(faults, Is.Empty);
    }
}
