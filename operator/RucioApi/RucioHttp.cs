using System.Diagnostics.Metrics;
using RucioOperator.Runtime;

namespace RucioOperator.RucioApi;

/// <summary>The wire to one server: what goes over it is measured, and part of the trace of who asked.</summary>
internal sealed class RucioHttp(HttpClient http, TimeProvider time) : IDisposable
{
    private static readonly Histogram<double> Duration = RuntimeMetrics.Meter.CreateHistogram<double>("rucio_api_request_duration", "s",
        "Calls to Rucio of a RucioInstance (namespace/name), logins too; code is the HTTP status, or error where there was no answer.", advice: RuntimeMetrics.Times);

    /// <summary>Whose server it is, as namespace/name; null: calls that are meant to fail, and would tell nothing.</summary>
    public string? Instance { get; set; }

    public HttpClient Client => http;

    /// <param name="path">Below the server's URL, as it was asked for.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string path, CancellationToken ct)
    {
        var (began, operation) = (time.GetTimestamp(), RucioOperations.Of(request.Method.Method, path));
        using var span = RuntimeTracing.Call("rucio", request.Method.Method, RucioOperations.Route(path));
        span?.SetTag("instance", Instance ?? "check").SetTag("server.address", request.RequestUri?.Host);
        span.Tell(request);
        int? status = null;
        try
        {
            var response = await http.SendAsync(request, ct);
            status = (int)response.StatusCode;
            return response;
        }
        finally
        {
            span.Answered(status);
            if (Instance is { } instance)
            {
                Duration.Record(time.GetElapsedTime(began).TotalSeconds, new("instance", instance), new("operation", operation), new("code", RuntimeMetrics.Code(status)));
            }
        }
    }

    public void Dispose() => http.Dispose();
}
