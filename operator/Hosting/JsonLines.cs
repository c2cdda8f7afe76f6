using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>
/// One flat JSON object a line: time, level, logger, event and message; of a piece of work its trace_id, controller and
/// object; then what the message is made of.
/// </summary>
public sealed class JsonLines(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "rucio";

    private static readonly string[] Own = ["time", "level", "logger", "event", "message", "trace_id", "controller", "object", "exception"];

    // Nobody puts these lines into a web page, and people read them.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level", LevelOf(entry.LogLevel));
            json.WriteString("logger", entry.Category);
            json.WriteNumber("event", entry.EventId.Id);
            json.WriteString("message", entry.Formatter(entry.State, entry.Exception));
            if (Work.Current is { } work)
            {
                json.WriteString("trace_id", work.TraceId);
                json.WriteString("controller", work.Subject);
                json.WriteString("object", work.Key);
            }
            if (entry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                foreach (var (name, value) in values)
                {
                    WriteValue(json, name, value);
                }
            }
            if (entry.Exception is { } error)
            {
                json.WriteString("exception", error.ToString());
            }
            json.WriteEndObject();
        }
        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void WriteValue(Utf8JsonWriter json, string name, object? value)
    {
        if (name == "{OriginalFormat}" || value is null)
        {
            return;
        }
        var key = JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
        // What work says of itself goes first: a line of a pass names the same controller again.
        if (Own.Contains(key))
        {
            return;
        }
        switch (value)
        {
            case bool flag:
                json.WriteBoolean(key, flag);
                break;
            case int or long:
                json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case TimeSpan span:
                json.WriteNumber(key + "_seconds", Math.Round(span.TotalSeconds, 3));
                break;
            default:
                json.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
