using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>JSON lines on stdout; metrics for Prometheus; both and traces over OTLP where the environment names a collector.</summary>
internal static class Telemetry
{
    private const string Database = "Npgsql";

    public static void Add(WebApplicationBuilder builder, OperatorOptions options, OtlpSettings otlp)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(options.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddSingleton<ConsoleFormatter>(new JsonLines(TimeProvider.System));
        builder.Logging.AddConsole(console => console.FormatterName = JsonLines.FormatterName);

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("rucio-operator", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(RuntimeMetrics.MeterName, "System.Runtime").AddView(Roomy);
                if (options.HealthPort != 0)
                {
                    metrics.AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false);
                }
                if (otlp.Metrics is { } signal)
                {
                    metrics.AddOtlpExporter(signal.Apply);
                }
            });
        if (otlp.Traces is { } traces)
        {
            telemetry.WithTracing(tracing => tracing.AddSource(RuntimeTracing.SourceName, Database).AddOtlpExporter(traces.Apply));
        }
    }

    internal static MetricStreamConfiguration? Roomy(System.Diagnostics.Metrics.Instrument instrument) =>
        instrument.Name.StartsWith("rucio_resource_", StringComparison.Ordinal) || instrument.Name.StartsWith("rucio_operator_storage", StringComparison.Ordinal)
        || instrument.Name.EndsWith("_expiration_timestamp", StringComparison.Ordinal) || instrument.Name == "rucio_api_request_duration"
            ? new MetricStreamConfiguration { CardinalityLimit = OperatorMetrics.MostResources }
            : null;
}
