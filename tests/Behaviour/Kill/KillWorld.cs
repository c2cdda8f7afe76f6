using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Behaviour.Kill;

/// <summary>A world that starts with nothing but three kinds of manifests, and whose operator dies once.</summary>
internal sealed partial class KillWorld : IAsyncDisposable
{
    public const string Namespace = "rucio";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(600);
    private static readonly HttpClient Http = new();
    private static int s_worlds;

    private readonly string _database = $"killworld_{Interlocked.Increment(ref s_worlds)}";
    private readonly TaskCompletionSource _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private KillWorld(SandboxBed bed, PostgresProxy proxy)
    {
        (Bed, Proxy) = (bed, proxy);
        Calls = OutgoingCalls.Of(bed, proxy);
    }

    public SandboxBed Bed { get; }
    public PostgresProxy Proxy { get; }
    public OutgoingCalls Calls { get; }
    public bool WasKilled => _killed.Task.IsCompleted;
    public string SuperuserConnectionString => Bed.Postgres.ConnectionString(PostgresServer.SuperuserName, Bed.Postgres.SuperuserPassword, _database);

    [GeneratedRegex(@"killworld_\d+")]
    public static partial Regex DatabaseName();

    public static async Task<KillWorld> StartAsync(PostgresServer postgres)
    {
        var bed = await SandboxBed.StartAsync(postgres);
        var world = new KillWorld(bed, new PostgresProxy(postgres.Host, postgres.Port));
        bed.CreateAdminSecret(Namespace);
        bed.Kubernetes.ApplyYaml(world.Manifests);
        return world;
    }

    /// <summary>Runs to the end, with a kill at that moment of that call if there is one.</summary>
    public async Task RunAsync(OutgoingCall? target = null, KillMoment moment = default)
    {
        var kills = 0;
        Calls.StepIn = (call, now) =>
        {
            if (call.Name != target?.Name || now != moment || Interlocked.Exchange(ref kills, 1) != 0)
                return Task.FromResult(false);
            Bed.KillOperator();
            _killed.SetResult();
            return Task.FromResult(true);
        };
        Bed.StartOperator();
        await Task.WhenAny(_killed.Task, SettleAsync(() => true));
        if (!WasKilled)
        {
            Calls.StepIn = (_, _) => Task.FromResult(false);
            return;
        }
        SecretsAtDeath = GeneratedSecrets();
        await Bed.Operator!.DisposeAsync();
        var before = Calls.Calls.Count;
        Bed.StartOperator();
        await SettleAsync(() => Calls.Calls.Count > before);
    }

    public SortedDictionary<string, SortedDictionary<string, string>> SecretsAtDeath { get; private set; } = [];

    /// <summary>Everything Ready, and the operator has nothing more to say.</summary>
    private async Task SettleAsync(Func<bool> hasBegun)
    {
        var began = Stopwatch.GetTimestamp();
        while (!(hasBegun() && Calls.Quiet > QuietTime && Unready() is null))
        {
            if (WasKilled && Bed.Operator!.HasExited && SecretsAtDeath.Count == 0)
                return;
            if (Stopwatch.GetElapsedTime(began) > Deadline)
                throw new TimeoutException($"not Ready: {Unready()?.ToJsonString()}\n{Bed.LogTail()}");
            await Task.Delay(20);
        }
    }

    private JsonObject? Unready() => new[] { "rucioinstances", "virtualorganisations", "storageelements" }
        .SelectMany(r => Bed.Kubernetes.Store.List($"{r}.rucio.cern.ch")).FirstOrDefault(node => !SandboxBed.IsReady(node));

    /// <summary>Secrets the operator invented; those it renders follow from them.</summary>
    public SortedDictionary<string, SortedDictionary<string, string>> GeneratedSecrets() => new(
        Bed.Kubernetes.Store.List("secrets", Namespace).Where(s => Component(s) is "credentials" or "login").ToDictionary(
            s => s["metadata"]!["name"]!.GetValue<string>(),
            s => new SortedDictionary<string, string>(s["data"]!.AsObject().ToDictionary(e => e.Key, e => Encoding.UTF8.GetString(Convert.FromBase64String(e.Value!.GetValue<string>()))), StringComparer.Ordinal)), StringComparer.Ordinal);

    private static string? Component(JsonObject node) => node["metadata"]!["labels"]?["rucio.cern.ch/component"]?.GetValue<string>();

    /// <summary>What does not work of the logins that must, or works of those that must not.</summary>
    public async Task<IReadOnlyList<string>> WrongLoginsAsync()
    {
        var secrets = GeneratedSecrets();
        var wrong = new List<string>();
        await ExpectAsync(true, "rucio-admin", "def", "super_root", secrets["rucio-super-root"]["username"], secrets["rucio-super-root"]["password"]);
        await ExpectAsync(true, "rucio-admin", "sky", "root", secrets["rucio-vo-sky-root"]["username"], secrets["rucio-vo-sky-root"]["password"]);
        await ExpectAsync(true, "rucio-api", "sky", "alice", secrets["sky-alice-login"]["username"], secrets["sky-alice-login"]["password"]);
        await ExpectAsync(false, "rucio-api", "sky", "root", "root@sky", "password");
        await ExpectAsync(false, "rucio-api", "def", "super_root", "ddmlab", "secret");
        await ExpectAsync(false, "rucio-api", "sky", "root", "ddmlab", "secret");
        return wrong;

        async Task ExpectAsync(bool works, string service, string vo, string account, string username, string password)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Bed.Rucio.Url($"/{Namespace}/{service}/auth/userpass"));
            request.Headers.Add("X-Rucio-VO", vo);
            request.Headers.Add("X-Rucio-Account", account);
            request.Headers.Add("X-Rucio-Username", username);
            request.Headers.Add("X-Rucio-Password", password);
            using var response = await Http.SendAsync(request);
            if (response.StatusCode == HttpStatusCode.OK != works)
                wrong.Add($"{username} as {account} of {vo}: {(int)response.StatusCode}");
        }
    }

    private string Manifests => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: rucio}
        spec:
          version: 41.0.0
          database: {provision: {host: {{Proxy.Host}}, port: {{Proxy.Port}}, name: {{_database}}, sslMode: Disable, adminSecretRef: {name: postgres-admin} } }
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        metadata: {name: sky, namespace: rucio}
        spec:
          instanceRef: {name: rucio}
          tag: sky
          description: The night sky
          email: sky@example.org
          accounts:
            - {name: alice, email: alice@example.org, admin: true, identities: [{type: Userpass}], quotas: [{rseExpression: "*", bytes: 1Ti}]}
            - {name: robot, type: Service}
          scopes: [{name: data, owner: alice}]
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        metadata: {name: disk, namespace: rucio}
        spec: {voRef: {name: sky}, rse: SKY_DISK, technology: WebDAV, attributes: {tier: "1"}, capacity: 1Ti, deletionPolicy: Decommission, endpoints: [{url: "davs://storage.example.org:443/sky/"}]}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        metadata: {name: tape, namespace: rucio}
        spec: {voRef: {name: sky}, rse: SKY_TAPE, type: TAPE, technology: WebDAV, endpoints: [{url: "davs://tape.example.org:443/sky/"}]}
        """;

    public async ValueTask DisposeAsync()
    {
        await Bed.DisposeAsync();
        await Proxy.DisposeAsync();
        await using var server = Npgsql.NpgsqlDataSource.Create(Bed.Postgres.SuperuserConnectionString);
        await using var drop = server.CreateCommand($"DROP DATABASE IF EXISTS {_database} WITH (FORCE)");
        await drop.ExecuteNonQueryAsync();
    }
}
