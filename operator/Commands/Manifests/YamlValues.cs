using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace RucioOperator.Commands.Manifests;

/// <summary>YAML as kubectl reads it (YAML 1.1, sigs.k8s.io/yaml): <c>no</c> is false, <c>0644</c> is octal, an unquoted 41.0 is a number.</summary>
internal static partial class YamlValues
{
    /// <param name="line">Told for each field and item: its path, and the line it begins in.</param>
    public static JsonNode? Read(YamlNode node, FieldPath path, Action<FieldPath, long> line)
    {
        switch (node)
        {
            case YamlMappingNode map:
                var fields = new JsonObject();
                foreach (var (key, value) in map.Children)
                {
                    var name = (key as YamlScalarNode)?.Value ?? throw new YamlException(key.Start, key.End, "a field's name must be text");
                    if (name == "<<")
                    {
                        Merge(fields, value, path, line);
                        continue;
                    }
                    var below = path.Field(name);
                    line(below, key.Start.Line);
                    fields[name] = Read(value, below, line);
                }
                return fields;
            case YamlSequenceNode list:
                var items = new JsonArray();
                foreach (var item in list.Children)
                {
                    var below = path.Item(items.Count);
                    line(below, item.Start.Line);
                    items.Add(Read(item, below, line));
                }
                return items;
            case YamlScalarNode { Style: ScalarStyle.Plain } scalar:
                return Plain(scalar.Value ?? "");
            case YamlScalarNode scalar:
                return scalar.Value;
            default:
                throw new YamlException(node.Start, node.End, "an alias to nothing");
        }
    }

    private static void Merge(JsonObject fields, YamlNode from, FieldPath path, Action<FieldPath, long> line)
    {
        foreach (var source in from is YamlSequenceNode several ? several.Children : [from])
        {
            if (Read(source, path, (_, _) => { }) is not JsonObject more)
                throw new YamlException(source.Start, source.End, "<< merges a map");
            foreach (var (name, value) in more.Where(field => !fields.ContainsKey(field.Key)))
            {
                line(path.Field(name), from.Start.Line);
                fields[name] = value?.DeepClone();
            }
        }
    }

    private static JsonNode? Plain(string value) => value switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N" => false,
        _ when Whole(value) is { } whole => whole,
        _ when Fraction().IsMatch(value) => double.Parse(value.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture),
        _ => value,
    };

    private static long? Whole(string value)
    {
        var (negative, digits) = value is ['-' or '+', ..] ? (value[0] == '-', value[1..]) : (false, value);
        digits = digits.Replace("_", "", StringComparison.Ordinal);
        if (digits.Length == 0 || !char.IsAsciiDigit(digits[0]))
            return null;
        try
        {
            var number = digits switch
            {
                ['0', 'x' or 'X', ..] => Convert.ToInt64(digits[2..], 16),
                ['0', 'b', ..] => Convert.ToInt64(digits[2..], 2),
                ['0', 'o', ..] => Convert.ToInt64(digits[2..], 8),
                ['0', _, ..] => Convert.ToInt64(digits, 8),
                _ => long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture),
            };
            return negative ? -number : number;
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Fraction();
}
