using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>JSON lines on stdout; metrics for Prometheus; both and traces over OTLP where OTEL_EXPORTER_OTLP_ENDPOINT says so.</summary>
internal static class Telemetry
{
    public static void Add(WebApplicationBuilder builder, OperatorOptions options)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(options.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddJsonConsole(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });

        var export = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("rucio-operator"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(RuntimeMetrics.MeterName, "System.Runtime");
                if (options.HealthPort != 0)
                    metrics.AddPrometheusExporter();
                if (export)
                    metrics.AddOtlpExporter();
            });
        if (export)
            telemetry.WithTracing(tracing => tracing.AddSource(RuntimeTracing.SourceName).AddOtlpExporter());
    }
}
