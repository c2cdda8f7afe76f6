using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Kubernetes.Rights;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Sandbox.Rucio;
using RucioOperator.Sandbox.Workloads;

namespace RucioOperator.Sandbox;

/// <summary>A whole world on loopback: Kubernetes API, PostgreSQL, stand-in Rucio, workloads, and the operator as its own process.</summary>
public sealed class SandboxBed : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rucio-sandbox-").FullName;
    private readonly bool _ownsPostgres;

    private SandboxBed(KubeApiServer kubernetes, PostgresServer postgres, bool ownsPostgres, StandInRucio rucio, WorkloadPlayer workloads)
    {
        (Kubernetes, Postgres, _ownsPostgres, Rucio, Workloads) = (kubernetes, postgres, ownsPostgres, rucio, workloads);
        ServiceOverrides = [$"*={rucio.BaseUri.GetLeftPart(UriPartial.Authority)}/{{namespace}}/{{service}}"];
    }

    public KubeApiServer Kubernetes { get; }
    public PostgresServer Postgres { get; }
    public StandInRucio Rucio { get; }
    public WorkloadPlayer Workloads { get; }
    public OperatorProcess? Operator { get; private set; }
    public IReadOnlyList<string> ServiceOverrides { get; set; }

    /// <summary>Watched namespaces in which the operator has no Role, from when it is started or its kubeconfig is asked for again.</summary>
    public IReadOnlyList<string> WithoutRole { get; set; } = [];
    public string LogFile => Path.Combine(_directory, "operator.log");

    /// <param name="postgres">One that several beds share; each instance has a database of its own.</param>
    /// <param name="live">Some other Rucio serves; the stand-in stays idle.</param>
    public static async Task<SandboxBed> StartAsync(PostgresServer? postgres = null, bool live = false, KubeApiServerOptions? options = null)
    {
        var kubernetes = await KubeApiServer.StartAsync(options);
        foreach (var crd in Directory.GetFiles(Repository.Path("crds"), "*.yaml").Order(StringComparer.Ordinal))
            kubernetes.ApplyYaml(await File.ReadAllTextAsync(crd));
        var rucio = await StandInRucio.StartAsync();
        return new(kubernetes, postgres ?? await PostgresServer.StartAsync(), postgres is null, rucio, new WorkloadPlayer(kubernetes.Store, live ? null : rucio));
    }

    public OperatorProcess StartOperator(params string[] arguments) => StartOperator(new Dictionary<string, string>(), arguments);

    public OperatorProcess StartOperator(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string[] all = ["--health-port=0", "--leader-election=false", .. ServiceOverrides.Select(o => $"--service-override={o}"), .. arguments];
        // The last of an option given twice wins, so a test may turn election on.
        return Operator = OperatorProcess.Start(OperatorKubeconfig(arguments, environment), LogFile, all, environment);
    }

    /// <summary>Of a user with the rights that the chart gives to an operator with these settings. For whoever starts one by hand.</summary>
    public string OperatorKubeconfig(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        string Value(string option, string variable, string otherwise) =>
            arguments.LastOrDefault(a => a.StartsWith($"--{option}=", StringComparison.Ordinal)) is { } given ? given[(option.Length + 3)..] : environment?.GetValueOrDefault(variable) ?? otherwise;
        var home = Value("lease-namespace", "POD_NAMESPACE", "default");
        var watched = Value("namespaces", "RUCIO_OPERATOR_NAMESPACES", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var token = $"operator-{string.Join('-', [home, .. watched])}";
        Kubernetes.Gate.Admit(token, new($"system:serviceaccount:{home}:rucio-operator", RightsFile.All, watched, home) { Closed = WithoutRole });
        var path = Path.Combine(_directory, $"{token}.kubeconfig");
        File.WriteAllText(path, Kubernetes.Kubeconfig(token));
        return path;
    }

    public void KillOperator() => Operator!.Kill();

    /// <summary>The database Secret of the samples, with this PostgreSQL's admin.</summary>
    public void CreateAdminSecret(string ns, string name = "postgres-admin", string? password = null)
    {
        Kubernetes.Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } });
        Kubernetes.Store.Upsert(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
            ["stringData"] = new JsonObject { ["username"] = PostgresServer.AdminName, ["password"] = password ?? Postgres.AdminPassword },
        });
    }

    /// <summary>Waits until the condition holds, looking at each change of the resource; fails with the object as it is.</summary>
    public async Task<JsonObject> WaitAsync(string resource, string ns, string name, Func<JsonObject, bool> holds, TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(60));
        try
        {
            await foreach (var (change, node) in Kubernetes.Store.WatchAsync(resource, ns, deadline.Token))
            {
                if (node["metadata"]!["name"]!.GetValue<string>() == name && change != ObjectEvent.Deleted && holds(node))
                    return node;
                if (Operator is { HasExited: true })
                    break;
            }
        }
        catch (OperationCanceledException)
        {
        }
        throw new TimeoutException($"{resource} {ns}/{name} did not get there: {Kubernetes.Store.Get(resource, ns, name)?["status"]?.ToJsonString() ?? "absent"}\n{LogTail()}");
    }

    public Task<JsonObject> WaitReadyAsync(string resource, string ns, string name, TimeSpan? within = null) => WaitAsync(resource, ns, name, IsReady, within);

    /// <summary>Waits for a condition's status and reason at the object's present generation.</summary>
    public Task<JsonObject> WaitConditionAsync(string resource, string ns, string name, string type, string status, string? reason = null, TimeSpan? within = null) =>
        WaitAsync(resource, ns, name, node => Condition(node, type) is { } c && c["status"]!.GetValue<string>() == status && (reason is null || c["reason"]!.GetValue<string>() == reason) && IsCurrent(node), within);

    public static bool IsReady(JsonObject node) => Condition(node, "Ready")?["status"]?.GetValue<string>() == "True" && IsCurrent(node);

    public static JsonObject? Condition(JsonObject node, string type) =>
        (node["status"]?["conditions"] as JsonArray)?.Select(c => c!.AsObject()).FirstOrDefault(c => c["type"]!.GetValue<string>() == type);

    private static bool IsCurrent(JsonObject node) => node["status"]?["observedGeneration"]?.GetValue<long>() == node["metadata"]!["generation"]?.GetValue<long>();

    public string LogTail(int lines = 40) => File.Exists(LogFile) ? string.Join('\n', ReadLog().TakeLast(lines)) : "";

    /// <summary>The operator may be writing.</summary>
    public IReadOnlyList<string> ReadLog()
    {
        using var file = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        if (Operator is not null)
            await Operator.DisposeAsync();
        await Workloads.DisposeAsync();
        await Rucio.DisposeAsync();
        await Kubernetes.DisposeAsync();
        if (_ownsPostgres)
            await Postgres.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
