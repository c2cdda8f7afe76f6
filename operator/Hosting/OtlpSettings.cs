namespace RucioOperator.Hosting;

/// <summary>
/// What goes to a collector over OTLP, by OpenTelemetry's own variables. The SDK takes endpoints, protocol, headers,
/// certificates and intervals from them itself, and what it can't read it passes over in silence: so it is said here.
/// </summary>
/// <param name="Traces">Somebody wants them.</param>
/// <param name="Metrics">Besides <c>/metrics</c>.</param>
public sealed record OtlpSettings(bool Traces, bool Metrics)
{
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
        }
        OneOf("OTEL_TRACES_SAMPLER", Samplers);
        return (new(IsWanted("TRACES"), IsWanted("METRICS")), errors);

        string? Read(string name) => environment(name) is { Length: > 0 } text ? text.Trim() : null;

        void OneOf(string name, string[] known)
        {
            if (Read(name) is { } text && !known.Contains(text))
            {
                errors.Add($"{name}: expected {string.Join(" or ", known)}, not '{text}'");
            }
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
