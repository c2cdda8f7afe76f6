using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Hosting;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Hosting;

public sealed class JsonLinesTests
{
    private static readonly FakeTimeProvider Time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero));

    [Test]
    public void A_line_is_one_flat_object() => Assert.That(
        Line(LogLevel.Information, "Applied Deployment rucio/rucio-api", ("Verb", "Applied"), ("RetryAfter", TimeSpan.FromMilliseconds(1500)), ("Objects", 7), ("{OriginalFormat}", "{Verb} …")),
        Is.EqualTo("""{"time":"2026-01-02T03:04:05.006Z","level":"info","logger":"RucioOperator.Test","event":200,"message":"Applied Deployment rucio/rucio-api","verb":"Applied","retry_after_seconds":1.5,"objects":7}""" + "\n"));

    [Test]
    public void A_line_of_a_piece_of_work_has_its_trace_and_what_it_works_on()
    {
        string line, id;
        using (var work = Work.Begin("reconcile", "virtualorganisation", "sky/sky"))
        {
            (line, id) = (Line(LogLevel.Warning, "two\nlines “quoted” → x", ("Controller", "another")), work.TraceId);
        }
        var json = JsonNode.Parse(line)!;
        Assert.Multiple(() =>
        {
            Assert.That((json["trace_id"]!.GetValue<string>(), json["controller"]!.GetValue<string>(), json["object"]!.GetValue<string>()), Is.EqualTo((id, "virtualorganisation", "sky/sky")));
            Assert.That(json["message"]!.GetValue<string>(), Is.EqualTo("two\nlines “quoted” → x"));
            Assert.That(line.Trim(), Does.Not.Contain("\n"), "one line");
            Assert.That(JsonNode.Parse(Line(LogLevel.Error, "later"))!.AsObject().ContainsKey("trace_id"), Is.False, "nobody works any more");
        });
    }

    [Test]
    public void An_exception_is_one_field()
    {
        var json = JsonNode.Parse(Line(LogLevel.Error, "broke", new InvalidOperationException("odd")))!;
        Assert.That((json["level"]!.GetValue<string>(), json["exception"]!.GetValue<string>()), Is.EqualTo(("error", "System.InvalidOperationException: odd")));
    }

    private static string Line(LogLevel level, string message, params (string Key, object? Value)[] state) => Line(level, message, null, state);

    private static string Line(LogLevel level, string message, Exception? error, params (string Key, object? Value)[] state)
    {
        var writer = new StringWriter { NewLine = "\n" };
        var values = state.Select(s => KeyValuePair.Create(s.Key, s.Value)).ToList();
        new JsonLines(Time).Write(new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(level, "RucioOperator.Test", new EventId(200), values, error, (_, _) => message), null, writer);
        return writer.ToString();
    }
}
