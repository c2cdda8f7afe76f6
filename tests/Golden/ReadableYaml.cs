using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RucioOperator.Tests.Golden;

/// <summary>Block style, one field a line, long texts as they are: made to be read and diffed.</summary>
internal static partial class ReadableYaml
{
    public static string Of(JsonNode? node)
    {
        var text = new StringBuilder();
        Write(node, 0, text, inList: false);
        return text.ToString();
    }

    private static void Write(JsonNode? node, int depth, StringBuilder text, bool inList)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } fields:
                var first = inList;
                foreach (var (name, value) in fields)
                {
                    text.Append(first ? "" : new string(' ', depth)).Append(Scalar(name)).Append(':');
                    Below(value, depth, text);
                    first = false;
                }
                break;
            case JsonArray { Count: > 0 } items:
                foreach (var item in items)
                {
                    text.Append(' ', depth).Append("- ");
                    if (item is JsonObject { Count: > 0 })
                        Write(item, depth + 2, text, inList: true);
                    else
                        text.Append(Leaf(item, depth + 2)).Append('\n');
                }
                break;
            default:
                text.Append(' ', depth).Append(Leaf(node, depth)).Append('\n');
                break;
        }
    }

    private static void Below(JsonNode? value, int depth, StringBuilder text)
    {
        if (value is JsonObject { Count: > 0 })
        {
            text.Append('\n');
            Write(value, depth + 2, text, inList: false);
        }
        else if (value is JsonArray { Count: > 0 })
        {
            text.Append('\n');
            Write(value, depth, text, inList: false);
        }
        else
        {
            text.Append(' ').Append(Leaf(value, depth + 2)).Append('\n');
        }
    }

    private static string Leaf(JsonNode? node, int depth) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>() is var text && text.Contains('\n') ? Literal(text, depth) : Scalar(text),
        _ => node.ToJsonString(),
    };

    private static string Literal(string text, int depth) =>
        (text.EndsWith('\n') ? "|" : "|-") + string.Concat(text.TrimEnd('\n').Split('\n').Select(line => line.Length == 0 ? "\n" : $"\n{new string(' ', depth)}{line}"));

    private static string Scalar(string text) => Plain().IsMatch(text) && !IsOther(text) ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static bool IsOther(string text) => text.ToLowerInvariant() is "true" or "false" or "null" or "yes" or "no" or "on" or "off" || double.TryParse(text, NumberStyles.Any, CultureInfo.InvariantCulture, out _);

    [GeneratedRegex(@"^[A-Za-z0-9/(_.][A-Za-z0-9 /()_.,=@%+-]*(:[A-Za-z0-9/()_.,=@%+-]+)*(?<! )$")]
    private static partial Regex Plain();
}
