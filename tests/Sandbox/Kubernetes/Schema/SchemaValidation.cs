using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RucioOperator.Sandbox.Kubernetes.Schema;

/// <summary>OpenAPI validation of a custom resource, in the words of the real server. CEL rules are not evaluated.</summary>
internal static class SchemaValidation
{
    private static readonly ConcurrentDictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    public static List<FieldError> Validate(JsonObject root, JsonObject schema)
    {
        var errors = new List<FieldError>();
        foreach (var name in schema["required"].Texts().Where(name => !root.ContainsKey(name)))
        {
            errors.Add(FieldError.Required(name));
        }

        foreach (var (name, field) in (schema["properties"] as JsonObject) ?? [])
        {
            if (name is not ("apiVersion" or "kind" or "metadata") && root.ContainsKey(name))
            {
                Check(root[name], (JsonObject)field!, name, errors);
            }
        }

        return errors;
    }

    private static void Check(JsonNode? value, JsonObject schema, string path, List<FieldError> errors)
    {
        if (value is null)
        {
            if (!schema.Flag("nullable"))
            {
                WrongType(value, schema.Text("type") ?? "object", "null", path, errors);
            }

            return;
        }

        if (!HasType(value, schema))
        {
            WrongType(value, schema.Flag("x-kubernetes-int-or-string") ? "integer,string" : schema.Text("type")!, Kind(value), path, errors);
            return;
        }

        if (schema["enum"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, value)))
        {
            errors.Add(FieldError.NotSupported(path, value, allowed.Select(one => one!.ToJsonString())));
        }

        switch (value)
        {
            case JsonObject map:
                CheckMap(map, schema, path, errors);
                break;
            case JsonArray list:
                CheckList(list, schema, path, errors);
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.Number:
                CheckNumber(scalar, schema, path, errors);
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                CheckText(scalar.GetValue<string>(), schema, path, errors);
                break;
        }

        CheckCombinations(value, schema, path, errors);
    }

    private static void CheckMap(JsonObject map, JsonObject schema, string path, List<FieldError> errors)
    {
        foreach (var name in schema["required"].Texts().Where(name => !map.ContainsKey(name)))
        {
            errors.Add(FieldError.Required($"{path}.{name}"));
        }

        if (schema.Number("maxProperties") is { } most && map.Count > most)
        {
            errors.Add(FieldError.TooMany(path, map.Count, (int)most));
        }

        if (schema.Number("minProperties") is { } least && map.Count < least)
        {
            errors.Add(InBody(path, map, $"should have at least {least} properties"));
        }

        foreach (var (name, value) in map)
        {
            if ((schema.At("properties", name) ?? schema["additionalProperties"]) is JsonObject field)
            {
                Check(value, field, $"{path}.{name}", errors);
            }
        }
    }

    private static void CheckList(JsonArray list, JsonObject schema, string path, List<FieldError> errors)
    {
        if (schema.Number("maxItems") is { } most && list.Count > most)
        {
            errors.Add(FieldError.TooMany(path, list.Count, (int)most));
        }

        if (schema.Number("minItems") is { } least && list.Count < least)
        {
            errors.Add(InBody(path, list.Count, $"should have at least {least} items"));
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var keys = schema.At("x-kubernetes-list-map-keys").Texts().ToList();
        for (var i = 0; i < list.Count; i++)
        {
            if (schema["items"] is JsonObject item)
            {
                Check(list[i], item, $"{path}[{i}]", errors);
            }

            var identity = schema.Text("x-kubernetes-list-type") switch
            {
                "set" => list[i],
                "map" => new JsonObject(keys.Select(key => KeyValuePair.Create(key, list[i].At(key)?.DeepClone()))),
                _ => null,
            };
            if (identity is not null && !seen.Add(identity.ToJsonString()))
            {
                errors.Add(FieldError.Duplicate($"{path}[{i}]", identity));
            }
        }
    }

    private static void CheckNumber(JsonValue value, JsonObject schema, string path, List<FieldError> errors)
    {
        var number = Double(value);
        if (Bound(schema, "minimum") is { } least && (schema.Flag("exclusiveMinimum") ? number <= least : number < least))
        {
            errors.Add(InBody(path, value, $"should be greater than {(schema.Flag("exclusiveMinimum") ? "" : "or equal to ")}{Shown(least)}"));
        }

        if (Bound(schema, "maximum") is { } most && (schema.Flag("exclusiveMaximum") ? number >= most : number > most))
        {
            errors.Add(InBody(path, value, $"should be less than {(schema.Flag("exclusiveMaximum") ? "" : "or equal to ")}{Shown(most)}"));
        }

        if (Bound(schema, "multipleOf") is { } step && number % step != 0)
        {
            errors.Add(InBody(path, value, $"should be a multiple of {Shown(step)}"));
        }
    }

    private static void CheckText(string text, JsonObject schema, string path, List<FieldError> errors)
    {
        var length = new StringInfo(text).LengthInTextElements;
        if (schema.Number("maxLength") is { } most && length > most)
        {
            errors.Add(FieldError.TooLong(path, (int)most));
        }

        if (schema.Number("minLength") is { } least && length < least)
        {
            errors.Add(InBody(path, text, $"should be at least {least} chars long"));
        }

        if (schema.Text("pattern") is { } pattern && !Patterns.GetOrAdd(pattern, p => new(p, RegexOptions.CultureInvariant)).IsMatch(text))
        {
            errors.Add(InBody(path, text, $"should match '{pattern}'"));
        }

        if (schema.Text("format") is { } format && !HasFormat(text, format))
        {
            errors.Add(InBody(path, text, $"must be of type {format}: \"{text}\""));
        }
    }

    private static void CheckCombinations(JsonNode value, JsonObject schema, string path, List<FieldError> errors)
    {
        foreach (var part in schema["allOf"].Objects())
        {
            Check(value, part, path, errors);
        }

        // int-or-string is usually written with this anyOf; the type check above has already done its work.
        if (schema["anyOf"] is JsonArray any && !any.Objects().Any(part => Fits(value, part, path)))
        {
            errors.Add(InBody(path, value, "must validate at least one schema (anyOf)"));
        }

        if (schema["oneOf"] is JsonArray one && one.Objects().Count(part => Fits(value, part, path)) != 1)
        {
            errors.Add(InBody(path, value, "must validate one and only one schema (oneOf)"));
        }

        if (schema["not"] is JsonObject not && Fits(value, not, path))
        {
            errors.Add(InBody(path, value, "must not validate the schema (not)"));
        }
    }

    private static bool Fits(JsonNode value, JsonObject schema, string path)
    {
        var errors = new List<FieldError>();
        Check(value, schema, path, errors);
        return errors.Count == 0;
    }

    private static bool HasType(JsonNode value, JsonObject schema)
    {
        var kind = Kind(value);
        return schema.Flag("x-kubernetes-int-or-string") ? kind is "string" or "integer"
            : schema.Text("type") is not { } type || kind == type || (type == "number" && kind == "integer");
    }

    private static string Kind(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.AsValue().TryGetLong(out _) ? "integer" : "number",
        _ => "boolean",
    };

    private static bool HasFormat(string text, string format) => format switch
    {
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) && text.Contains('T'),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "ipv4" or "ipv6" => IPAddress.TryParse(text, out _),
        "uuid" => Guid.TryParse(text, out _),
        "byte" => Convert.TryFromBase64String(text, new byte[text.Length], out _),
        "email" => text.Contains('@'),
        _ => true,
    };

    private static void WrongType(JsonNode? value, string wanted, string actual, string path, List<FieldError> errors) => errors.Add(
        new(path, "FieldValueTypeInvalid", $"Invalid value: \"{actual}\": {path} in body must be of type {wanted}: \"{actual}\""));

    private static FieldError InBody(string path, JsonNode? value, string what) => FieldError.Invalid(path, value, $"{path} in body {what}");

    private static double? Bound(JsonObject schema, string name) => schema[name] is JsonValue bound ? Double(bound) : null;

    private static double Double(JsonValue value) => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);

    private static string Shown(double bound) => bound.ToString(CultureInfo.InvariantCulture);
}
