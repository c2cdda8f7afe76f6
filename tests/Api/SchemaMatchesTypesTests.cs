using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Api;

namespace RucioOperator.Tests.Api;

/// <summary>
/// YAML and records say the same, both ways. How a record says it: nullable is optional; not nullable and empty (text,
/// record) is required; anything else is a default.
/// </summary>
public sealed class SchemaMatchesTypesTests
{
    /// <summary>One of two is required, which only a rule of the schema can say.</summary>
    private static readonly IReadOnlySet<string> RequiredByRule = new HashSet<string> { "spec.version", "spec.database" };

    private static readonly NullabilityInfoContext Nullability = new();

    [TestCaseSource(typeof(Crds), nameof(Crds.Kinds))]
    public void Properties_types_enums_defaults_and_required_fields_are_equal(KeyValuePair<string, Type> kind)
    {
        var differences = new List<string>();
        Compare(kind.Value.GetProperty("Spec")!.PropertyType, Crds.Schema(kind.Key)["properties"]!["spec"]!.AsObject(), "spec", differences);
        Compare(kind.Value.GetProperty("Status")!.PropertyType, Crds.Schema(kind.Key)["properties"]!["status"]!.AsObject(), "status", differences);

        Assert.That(differences, Is.Empty);
    }

    /// <summary>A comma in a description without quotes ends it within braces, and the rest becomes a key that the API server refuses.</summary>
    [TestCaseSource(typeof(Crds), nameof(Crds.Kinds))]
    public void Every_key_of_the_schema_is_one(KeyValuePair<string, Type> kind) => Assert.That(Strangers(Crds.Schema(kind.Key), ""), Is.Empty);

    private static readonly IReadOnlySet<string> Keys = new HashSet<string>
    {
        "type", "description", "properties", "items", "required", "enum", "default", "minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems",
        "minProperties", "maxProperties", "additionalProperties", "format", "anyOf",
    };

    private static IEnumerable<string> Strangers(JsonObject schema, string path) =>
    [
        .. schema.Select(k => k.Key).Where(k => !Keys.Contains(k) && !k.StartsWith("x-kubernetes-", StringComparison.Ordinal)).Select(k => $"{path}: {k}"),
        .. (schema["properties"] as JsonObject ?? []).SelectMany(p => Strangers(p.Value!.AsObject(), $"{path}.{p.Key}")),
        .. schema["items"] is JsonObject items ? Strangers(items, $"{path}[]") : [],
        .. schema["additionalProperties"] is JsonObject values ? Strangers(values, $"{path}{{}}") : [],
    ];

    [TestCaseSource(typeof(Crds), nameof(Crds.Kinds))]
    public void Names_are_those_of_the_entity_attribute(KeyValuePair<string, Type> kind)
    {
        var (entity, spec) = (kind.Value.GetCustomAttribute<KubernetesEntityAttribute>()!, Crds.Definitions[kind.Key]["spec"]!);

        Assert.That((entity.Group, entity.ApiVersion, entity.Kind, entity.PluralName), Is.EqualTo(
            (spec["group"]!.GetValue<string>(), spec["versions"]![0]!["name"]!.GetValue<string>(), spec["names"]!["kind"]!.GetValue<string>(), spec["names"]!["plural"]!.GetValue<string>())));
    }

    [TestCaseSource(typeof(Crds), nameof(Crds.Kinds))]
    public void Every_list_text_and_map_has_a_limit_and_every_field_of_spec_a_description(KeyValuePair<string, Type> kind)
    {
        var faults = new List<string>();
        Walk(Crds.Schema(kind.Key)["properties"]!["spec"]!.AsObject(), "spec", described: true, faults);
        Walk(Crds.Schema(kind.Key)["properties"]!["status"]!.AsObject(), "status", described: false, faults);

        Assert.That(faults, Is.Empty);
    }

    private static void Walk(JsonObject schema, string path, bool described, List<string> faults)
    {
        if (schema["type"]?.GetValue<string>() == "array" && (schema["maxItems"] is null || schema["x-kubernetes-list-type"] is null))
            faults.Add($"{path}: no maxItems or list type");
        if (schema["type"]?.GetValue<string>() == "string" && schema["maxLength"] is null && schema["enum"] is null && schema["format"] is null)
            faults.Add($"{path}: no maxLength");
        if (schema["additionalProperties"] is JsonObject && schema["maxProperties"] is null)
            faults.Add($"{path}: no maxProperties");
        if (described && schema["description"] is null && !path.EndsWith("[]", StringComparison.Ordinal) && !path.EndsWith("{}", StringComparison.Ordinal))
            faults.Add($"{path}: no description");
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
            Walk(property!.AsObject(), $"{path}.{name}", described, faults);
        if (schema["items"] is JsonObject items)
            Walk(items, $"{path}[]", described, faults);
        if (schema["additionalProperties"] is JsonObject values)
            Walk(values, $"{path}{{}}", described, faults);
    }

    private static void Compare(Type type, JsonObject schema, string path, List<string> differences)
    {
        var properties = type.GetProperties().Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>() is null)
            .ToDictionary(p => p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(p.Name));
        var inYaml = schema["properties"]!.AsObject().Select(p => p.Key).ToHashSet();
        differences.AddRange(properties.Keys.Except(inYaml).Select(n => $"{path}.{n}: not in the YAML"));
        differences.AddRange(inYaml.Except(properties.Keys).Select(n => $"{path}.{n}: not in {type.Name}"));
        var required = (schema["required"]?.AsArray() ?? []).Select(r => r!.GetValue<string>()).ToHashSet();
        var fresh = type == typeof(V1Condition) ? null : Activator.CreateInstance(type);
        foreach (var (name, property) in properties.Where(p => inYaml.Contains(p.Key)))
        {
            var field = schema["properties"]![name]!.AsObject();
            CompareType(property.PropertyType, property, field, $"{path}.{name}", differences);
            if (fresh is not null)
                CompareDefault(property, property.GetValue(fresh), field["default"], required.Contains(name), $"{path}.{name}", differences);
        }
    }

    private static void CompareDefault(PropertyInfo property, object? initial, JsonNode? inYaml, bool required, string path, List<string> differences)
    {
        var optional = Nullability.Create(property).ReadState == NullabilityState.Nullable;
        var empty = !optional && (initial is "" || (initial is not string and not ValueType));
        // A status is written by the operator alone: zero is a value there, and must be.
        var zeroInStatus = path.StartsWith("status", StringComparison.Ordinal) && property.PropertyType == typeof(int) && required;
        var expected = optional || empty || zeroInStatus ? null : initial is Enum ? initial.ToString() : JsonSerializer.Serialize(initial, (System.Text.Json.Serialization.Metadata.JsonTypeInfo)Primitive(initial!)).Trim('"');
        if (expected != inYaml?.ToString())
            differences.Add($"{path}: default {inYaml?.ToString() ?? "none"} in the YAML, {expected ?? "none"} in the record");
        if (required != (empty || zeroInStatus) && !RequiredByRule.Contains(path))
            differences.Add($"{path}: {(required ? "required" : "optional")} in the YAML, {(empty ? "required" : "optional")} in the record");
    }

    private static System.Text.Json.Serialization.Metadata.JsonTypeInfo Primitive(object value) => RucioOperator.Runtime.KubeJson.Options.GetTypeInfo(value.GetType());

    private static void CompareType(Type declared, PropertyInfo? property, JsonObject schema, string path, List<string> differences)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (property?.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType == typeof(QuantityTextConverter))
        {
            Expect(schema["x-kubernetes-int-or-string"]?.GetValue<bool>() == true, "int-or-string");
        }
        else if (type.IsEnum)
        {
            Expect(schema["type"]?.ToString() == "string" && Enum.GetNames(type).SequenceEqual((schema["enum"]?.AsArray() ?? []).Select(e => e!.ToString())), $"enum {string.Join(", ", Enum.GetNames(type))}");
        }
        else if (type == typeof(string) || type == typeof(DateTime))
        {
            // The types of conditions come from Kubernetes, where a status is text.
            Expect(schema["type"]?.ToString() == "string" && (schema["enum"] is null || path.Contains("conditions", StringComparison.Ordinal)), "string");
        }
        else if (type == typeof(bool))
        {
            Expect(schema["type"]?.ToString() == "boolean", "boolean");
        }
        else if (type == typeof(int) || type == typeof(long))
        {
            Expect(schema["type"]?.ToString() == "integer" && (type != typeof(long) || schema["format"]?.ToString() == "int64"), type.Name);
        }
        else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            var quantities = property?.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType == typeof(QuantityMapConverter);
            Expect(schema["additionalProperties"] is JsonObject values && (!quantities || values["x-kubernetes-int-or-string"] is not null), "map");
            if (!quantities && schema["additionalProperties"] is JsonObject inner)
                CompareType(type.GetGenericArguments()[1], null, inner, path + "{}", differences);
        }
        else if (type == typeof(JsonObject))
        {
            Expect(schema["type"]?.ToString() == "object" && schema["x-kubernetes-preserve-unknown-fields"]?.GetValue<bool>() == true, "object of any fields");
        }
        else if (typeof(IEnumerable).IsAssignableFrom(type))
        {
            Expect(schema["type"]?.ToString() == "array" && schema["items"] is JsonObject, "array");
            if (schema["items"] is JsonObject items)
                CompareType(type.GetGenericArguments()[0], null, items, path + "[]", differences);
        }
        else
        {
            Expect(schema["properties"] is JsonObject, "object");
            if (schema["properties"] is JsonObject)
                Compare(type, schema, path, differences);
        }

        void Expect(bool holds, string what)
        {
            if (!holds)
                differences.Add($"{path}: {what} in the record, not so in the YAML");
        }
    }
}
