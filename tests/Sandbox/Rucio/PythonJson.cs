using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>One object of an answer.</summary>
public sealed class Row : Dictionary<string, object?>;

/// <summary>JSON as Rucio's encoder writes it: dates in RFC 1123, ids without dashes, and `Infinity`, which is not JSON.</summary>
public static class PythonJson
{
    public static string Render(object? value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    public static string Date(DateTime time) => time.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    /// <summary>str() of a JSON value, which is what lands in text columns.</summary>
    public static string? Str(JsonNode? value) => value switch
    {
        null => null,
        JsonArray list => $"[{string.Join(", ", list.Select(Repr))}]",
        JsonObject members => $"{{{string.Join(", ", members.Select(m => $"'{m.Key}': {Repr(m.Value)}"))}}}",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.True => "True",
            JsonValueKind.False => "False",
            JsonValueKind.String => value.GetValue<string>(),
            _ => value.ToJsonString(),
        },
    };

    private static string Repr(JsonNode? value) =>
        value is null ? "None" : value.GetValueKind() == JsonValueKind.String ? $"'{Str(value)}'" : Str(value)!;

    private static void Write(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject members:
                Write(text, members.Select(m => new KeyValuePair<string, object?>(m.Key, m.Value)));
                break;
            case JsonArray items:
                WriteList(text, items);
                break;
            case JsonNode node:
                text.Append(node.ToJsonString());
                break;
            case string s:
                text.Append('"').Append(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(s)).Append('"');
                break;
            case bool b:
                text.Append(b ? "true" : "false");
                break;
            case double d:
                text.Append(double.IsPositiveInfinity(d) ? "Infinity" : d.ToString("R", CultureInfo.InvariantCulture));
                break;
            case DateTime time:
                text.Append('"').Append(Date(time)).Append('"');
                break;
            case Guid id:
                text.Append('"').Append(id.ToString("N")).Append('"');
                break;
            case IEnumerable<KeyValuePair<string, object?>> members:
                Write(text, members);
                break;
            case IEnumerable items:
                WriteList(text, items);
                break;
            default:
                text.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void Write(StringBuilder text, IEnumerable<KeyValuePair<string, object?>> members)
    {
        var separator = "{";
        foreach (var (key, value) in members)
        {
            text.Append(separator).Append('"').Append(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(key)).Append("\": ");
            Write(text, value);
            separator = ", ";
        }
        text.Append(separator == "{" ? "{}" : "}");
    }

    private static void WriteList(StringBuilder text, IEnumerable items)
    {
        var separator = "[";
        foreach (var item in items)
        {
            text.Append(separator);
            Write(text, item);
            separator = ", ";
        }
        text.Append(separator == "[" ? "[]" : "]");
    }
}
