using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RucioOperator.Api.Validation;

namespace RucioOperator.Commands.Manifests.Schema;

/// <summary>
/// What the API server would refuse by the structural schema, with unknown fields among it as <c>kubectl apply</c> has it (strict). CEL rules are
/// the business of the validators, which say the same, and of a server.
/// </summary>
public static class SchemaCheck
{
    /// <summary>Keywords it knows; a test sees to it that the schemas use no other.</summary>
    public static IReadOnlySet<string> Keywords { get; } = new HashSet<string>
    {
        "type", "description", "default", "properties", "required", "items", "additionalProperties", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties",
        "anyOf", "format", "x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations",
    };

    private static readonly ConcurrentDictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    /// <param name="root">An object of the kind; its defaults are filled in.</param>
    public static IReadOnlyList<FieldError> Complete(JsonObject root, JsonObject schema)
    {
        var errors = new List<FieldError>();
        Fields(root, schema, "", errors, name => name is not ("apiVersion" or "kind" or "metadata" or "status"));
        return errors;
    }

    private static void Check(JsonNode? value, JsonObject schema, string path, List<FieldError> errors)
    {
        if (Wrong(value, schema) is { } type)
        {
            errors.Add(Invalid(path, $"must be {type}, not {Kind(value)}"));
            return;
        }
        if (schema["enum"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, value)))
            errors.Add(Invalid(path, $"must be one of {string.Join(", ", allowed)}"));
        switch (value)
        {
            case JsonObject map:
                if (Number(schema, "maxProperties") is { } most && map.Count > most)
                    errors.Add(Invalid(path, $"has {map.Count} entries, and {most} are allowed"));
                Fields(map, schema, path, errors, _ => true);
                break;
            case JsonArray list:
                Items(list, schema, path, errors);
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.Number:
                Bounds(scalar, schema, path, errors);
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                Text(scalar.GetValue<string>(), schema, path, errors);
                break;
        }
    }

    private static void Fields(JsonObject map, JsonObject schema, string path, List<FieldError> errors, Func<string, bool> looksAt)
    {
        var properties = schema["properties"] as JsonObject;
        foreach (var (name, field) in properties ?? [])
        {
            // As the server does: null is no value, where the schema has a default for it.
            if (field!["default"] is { } value && map[name] is null)
                map[name] = value.DeepClone();
        }
        foreach (var missing in (schema["required"] as JsonArray ?? []).Select(name => (string)name!).Where(name => map[name] is null))
            errors.Add(new(At(path, missing), ValidationReasons.MissingField, "is required"));
        foreach (var name in map.Select(field => field.Key).Where(looksAt).ToList())
        {
            if (properties?[name] is JsonObject field)
            {
                if (map[name] is null)
                    map.Remove(name);
                else
                    Check(map[name], field, At(path, name), errors);
            }
            else if (schema["additionalProperties"] is JsonObject each)
            {
                Check(map[name], each, $"{path}[{name}]", errors);
            }
            else if (schema["x-kubernetes-preserve-unknown-fields"]?.GetValue<bool>() != true)
            {
                errors.Add(Invalid(At(path, name), $"is no field{Releases.Nearest.Hint(name, properties?.Select(p => p.Key) ?? [])}"));
            }
        }
    }

    private static void Items(JsonArray list, JsonObject schema, string path, List<FieldError> errors)
    {
        if (Number(schema, "maxItems") is { } most && list.Count > most)
            errors.Add(Invalid(path, $"has {list.Count} items, and {most} are allowed"));
        if (Number(schema, "minItems") is { } least && list.Count < least)
            errors.Add(Invalid(path, $"needs {least} {(least == 1 ? "item" : "items")}"));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var keys = (schema["x-kubernetes-list-map-keys"] as JsonArray ?? []).Select(key => (string)key!).ToList();
        for (var place = 0; place < list.Count; place++)
        {
            var item = list[place];
            Check(item, schema["items"]!.AsObject(), $"{path}[{place}]", errors);
            var identity = (string?)schema["x-kubernetes-list-type"] switch
            {
                "set" => item?.ToJsonString(),
                "map" => string.Join(' ', keys.Select(key => (item as JsonObject)?[key]?.ToJsonString())),
                _ => null,
            };
            if (identity is not null && !seen.Add(identity))
                errors.Add(Invalid($"{path}[{place}]", keys.Count > 0 ? $"has the {string.Join(" and ", keys)} of another item" : "is in the list twice"));
        }
    }

    private static void Bounds(JsonValue value, JsonObject schema, string path, List<FieldError> errors)
    {
        var number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
        if (Number(schema, "minimum") is { } least && number < least)
            errors.Add(Invalid(path, $"must be {least} or more"));
        if (Number(schema, "maximum") is { } most && number > most)
            errors.Add(Invalid(path, $"must be {most} or less"));
    }

    private static void Text(string text, JsonObject schema, string path, List<FieldError> errors)
    {
        // Lengths are counted in Unicode's code points there.
        var length = text.EnumerateRunes().Count();
        if (Number(schema, "maxLength") is { } most && length > most)
            errors.Add(Invalid(path, $"has {length} characters, and {most} are allowed"));
        if (Number(schema, "minLength") is { } least && length < least)
            errors.Add(Invalid(path, least == 1 ? "must not be empty" : $"needs {least} characters"));
        if ((string?)schema["pattern"] is { } pattern && !Patterns.GetOrAdd(pattern, p => new(p, RegexOptions.CultureInvariant)).IsMatch(text))
            errors.Add(Invalid(path, $"must match {pattern}"));
        if ((string?)schema["format"] == "date-time" && !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _))
            errors.Add(Invalid(path, "must be a time such as 2026-01-31T08:00:00Z"));
    }

    /// <summary>What it should be; null: it is.</summary>
    private static string? Wrong(JsonNode? value, JsonObject schema)
    {
        var kind = Kind(value);
        if (schema["x-kubernetes-int-or-string"]?.GetValue<bool>() == true)
            return kind is "an integer" or "text" ? null : "an integer or text";
        var wanted = (string?)schema["type"] switch { "string" => "text", "integer" => "an integer", "number" => "a number", "boolean" => "true or false", "array" => "a list", "object" => "a map", _ => kind };
        return kind == wanted || wanted == "a number" && kind == "an integer" ? null : wanted;
    }

    private static string Kind(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "nothing",
        JsonValueKind.Object => "a map",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        JsonValueKind.Number => double.IsInteger(double.Parse(value!.ToJsonString(), CultureInfo.InvariantCulture)) ? "an integer" : "a number",
        _ => "true or false",
    };

    private static long? Number(JsonObject schema, string name) => schema[name] is JsonValue bound ? (long)double.Parse(bound.ToJsonString(), CultureInfo.InvariantCulture) : null;

    private static string At(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static FieldError Invalid(string path, string message) => new(path, ValidationReasons.InvalidField, message);
}
