using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RucioOperator.Tests.Behaviour;

/// <summary>A span as it came over the wire.</summary>
internal sealed record ReceivedSpan(string TraceId, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Tags, bool Failed);

/// <summary>A stand-in for an OpenTelemetry collector: OTLP over gRPC or over HTTP.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<ReceivedSpan> spans = new();
    private readonly ConcurrentDictionary<string, bool> metrics = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<byte[]> bodies = new();

    private Collector(WebApplication app) => this.app = app;

    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public IReadOnlyList<ReceivedSpan> Spans => [.. spans];

    public IReadOnlyCollection<string> Metrics => [.. metrics.Keys];

    /// <summary>All that came, as text wherever it is text.</summary>
    public IEnumerable<string> Texts => bodies.Select(Encoding.UTF8.GetString);

    public static async Task<Collector> StartAsync(bool grpc)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var collector = new Collector(builder.Build());
        collector.app.Run(collector.TakeAsync);
        await collector.app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var body = buffer.ToArray();
        var grpc = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true;
        // A message of gRPC: whether it is compressed, how long it is, and itself.
        body = grpc ? body.AsSpan(5, BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1))).ToArray() : body;
        bodies.Enqueue(body);
        var of = context.Request.Path.Value!;
        if (of is "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            foreach (var span in Protobuf.Messages(body, 1).SelectMany(r => Protobuf.Messages(r, 2)).SelectMany(s => Protobuf.Messages(s, 2)))
                spans.Enqueue(Read(span));
        }
        else if (of is "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")
        {
            foreach (var metric in Protobuf.Messages(body, 1).SelectMany(r => Protobuf.Messages(r, 2)).SelectMany(s => Protobuf.Messages(s, 2)))
                metrics[Protobuf.Text(metric, 1)] = true;
        }
        else
        {
            context.Response.StatusCode = 404;
            return;
        }
        context.Response.ContentType = grpc ? "application/grpc" : "application/x-protobuf";
        if (grpc)
        {
            context.Response.AppendTrailer("grpc-status", "0");
            await context.Response.Body.WriteAsync(new byte[5]);
        }
    }

    private static ReceivedSpan Read(byte[] span) => new(
        Hex(span, 1), Hex(span, 2), Hex(span, 4), Protobuf.Text(span, 5),
        Protobuf.Messages(span, 9).ToDictionary(tag => Protobuf.Text(tag, 1), tag => Protobuf.Messages(tag, 2).Select(value => Protobuf.Text(value, 1)).FirstOrDefault() ?? ""),
        // STATUS_CODE_ERROR
        Protobuf.Messages(span, 15).Any(status => Protobuf.Number(status, 3) == 2));

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Protobuf.Messages(message, field).FirstOrDefault() ?? []);
}
