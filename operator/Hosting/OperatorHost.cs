using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>The process: options, logging, telemetry, endpoints, and the runtime until it ends.</summary>
public static class OperatorHost
{
    private const int Misconfigured = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <returns>The exit code: 0 after a shutdown, 1 when the lease or the API was lost, 2 for settings that can't be.</returns>
    public static async Task<int> RunAsync(string[] arguments, Action<Composition> compose)
    {
        if (arguments.Contains("--help"))
        {
            Console.WriteLine($"rucio-operator: options (or environment RUCIO_OPERATOR_<OPTION>)\n{OperatorOptions.Help}");
            return 0;
        }
        if (arguments.Contains("--version"))
        {
            Console.WriteLine($"rucio-operator {typeof(OperatorHost).Assembly.GetName().Version?.ToString(3)}; Rucio {string.Join(", ", Releases.ReleaseCatalogue.Lines.Select(line => line.Line))}");
            return 0;
        }
        var (options, errors) = OperatorOptions.Parse(arguments, Environment.GetEnvironmentVariable);
        var (otlp, others) = OtlpSettings.Parse(Environment.GetEnvironmentVariable);
        errors = [.. errors, .. OperatorOptions.Unknown(Environment.GetEnvironmentVariables().Keys.Cast<string>()), .. others];
        if (errors.Count == 0 && HealthPort.Refusal(options.HealthPort) is { } refusal)
            errors = [$"--health-port: {refusal}"];
        foreach (var error in errors)
            Console.Error.WriteLine($"rucio-operator: {error}");
        return errors.Count > 0 ? Misconfigured : await RunAsync(options, otlp, compose);
    }

    private static async Task<int> RunAsync(OperatorOptions options, OtlpSettings otlp, Action<Composition> compose)
    {
        var identity = Identity();
        k8s.Kubernetes client;
        try
        {
            client = KubeConnection.Open(identity);
        }
        catch (Exception error) when (error is k8s.Exceptions.KubeConfigException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"rucio-operator: no usable kubeconfig (KUBECONFIG, ~/.kube/config or in-cluster): {error.Message}");
            return Misconfigured;
        }
        using (client)
        {
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
            Telemetry.Add(builder, options, otlp);
            HealthEndpoints.Listen(builder, options);
            builder.Services.AddSingleton(services => Compose(options, client, identity, services.GetRequiredService<ILoggerFactory>()));
            builder.Services.AddSingleton<RuntimeService>();
            builder.Services.AddHostedService(services => services.GetRequiredService<RuntimeService>());
            // Whoever holds a connection to the endpoints must not keep the lease here; and all of it fits into the half minute that a pod has.
            builder.Services.Configure<HostOptions>(host => (host.ServicesStopConcurrently, host.ShutdownTimeout) = (true, Patience));
            await using var app = builder.Build();
            var composition = app.Services.GetRequiredService<Composition>();
            compose(composition);
            // Now: running disposes the services.
            var service = app.Services.GetRequiredService<RuntimeService>();
            HealthEndpoints.Map(app, options, composition.Runtime, service);
            try
            {
                await app.RunAsync();
            }
            catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // The runtime ended before the endpoints were up.
            }
            return service.ExitCode;
        }
    }

    private static Composition Compose(OperatorOptions options, k8s.Kubernetes client, string identity, ILoggerFactory loggers)
    {
        var (time, random) = (TimeProvider.System, new Random());
        var api = new KubeApi(client, time);
        var runtime = new ControllerRuntime(api, new RuntimeOptions
        {
            Namespaces = options.Namespaces,
            ResyncPeriod = options.DriftInterval,
            LeaderElection = options.LeaderElection ? new LeaderElectionOptions(options.LeaseNamespace, "rucio-operator", identity) : null,
        }, time, random, loggers);
        return new(options, api, runtime, time, random, loggers, identity);
    }

    // A pod's name is unique, so a container restarted in its pod takes its own lease again at once. Two processes on one machine share its name.
    private static string Identity() =>
        Environment.GetEnvironmentVariable("POD_NAME") is { Length: > 0 } pod ? pod : $"{Environment.MachineName.ToLowerInvariant()}-{Guid.NewGuid().ToString("N")[..8]}";
}
