using System.Globalization;
using OpenTelemetry.Exporter;

namespace RucioOperator.Hosting;

/// <summary>What one signal has of its own; null: as for both.</summary>
/// <param name="Endpoint">As it is, without a path added.</param>
public sealed record OtlpSignal(Uri? Endpoint = null, string? Protocol = null, string? Headers = null, int? TimeoutMilliseconds = null)
{
    internal void Apply(OtlpExporterOptions options)
    {
        options.Protocol = Protocol switch { null => options.Protocol, "grpc" => OtlpExportProtocol.Grpc, _ => OtlpExportProtocol.HttpProtobuf };
        options.Headers = Headers ?? options.Headers;
        options.TimeoutMilliseconds = TimeoutMilliseconds ?? options.TimeoutMilliseconds;
        if (Endpoint is not null)
        {
            options.Endpoint = Endpoint;
        }
    }
}

/// <summary>
/// What goes to a collector over OTLP, by OpenTelemetry's own variables. The SDK takes from them what holds for both signals,
/// and intervals; those of one signal it passes over, and in silence also whatever it can't read: so that is done, and said, here.
/// </summary>
/// <param name="Traces">Null: nobody wants them.</param>
/// <param name="Metrics">Besides <c>/metrics</c>.</param>
public sealed record OtlpSettings(OtlpSignal? Traces, OtlpSignal? Metrics)
{
    /// <summary>The SDK has them for both signals alone.</summary>
    private static readonly string[] OnlyForBoth = ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY", "COMPRESSION"];

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Protocols = ["grpc", "http/protobuf"];

    private static readonly string[] Samplers = ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"];

    /// <summary>All errors at once, each naming its variable.</summary>
    public static (OtlpSettings Settings, IReadOnlyList<string> Errors) Parse(Func<string, string?> environment)
    {
        var errors = new List<string>();
        foreach (var signal in (string[])["", "TRACES_", "METRICS_"])
        {
            var url = $"OTEL_EXPORTER_OTLP_{signal}ENDPOINT";
            if (Read(url) is { } text && !(Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            {
                errors.Add($"{url}: expected a URL such as http://collector:4317, not '{text}'");
            }
            OneOf($"OTEL_EXPORTER_OTLP_{signal}PROTOCOL", Protocols);
            var timeout = $"OTEL_EXPORTER_OTLP_{signal}TIMEOUT";
            if (Read(timeout) is { } wait && Milliseconds(wait) is null)
            {
                errors.Add($"{timeout}: expected milliseconds such as 10000, not '{wait}'");
            }
            errors.AddRange(from only in signal == "" ? [] : OnlyForBoth
                            let variable = $"OTEL_EXPORTER_OTLP_{signal}{only}"
                            where Read(variable) is not null
                            select $"{variable}: only OTEL_EXPORTER_OTLP_{only}, for both signals, is supported");
        }
        OneOf("OTEL_TRACES_SAMPLER", Samplers);
        return (new(Signal("TRACES"), Signal("METRICS")), errors);

        string? Read(string name) => environment(name) is { Length: > 0 } text ? text.Trim() : null;

        void OneOf(string name, string[] known)
        {
            if (Read(name) is { } text && !known.Contains(text))
            {
                errors.Add($"{name}: expected {string.Join(" or ", known)}, not '{text}'");
            }
        }

        static int? Milliseconds(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

        OtlpSignal? Signal(string signal)
        {
            string? Own(string what) => Read($"OTEL_EXPORTER_OTLP_{signal}_{what}");
            return IsWanted(signal)
                ? new(Uri.TryCreate(Own("ENDPOINT"), UriKind.Absolute, out var endpoint) ? endpoint : null, Own("PROTOCOL"), Own("HEADERS"), Milliseconds(Own("TIMEOUT") ?? ""))
                : null;
        }

        bool IsWanted(string signal)
        {
            var variable = $"OTEL_{signal}_EXPORTER";
            OneOf(variable, ["otlp", "none"]);
            return Read(variable) switch
            {
                "otlp" => true,
                null => Read(Endpoint) is not null || Read($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is not null,
                _ => false,
            };
        }
    }
}
