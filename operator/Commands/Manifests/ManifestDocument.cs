using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Manifests;

/// <summary>One object of a manifest, and where its fields stand.</summary>
/// <param name="Node">As it is written; <c>metadata.namespace</c> filled in where it names none.</param>
/// <param name="Source">File, or <c>stdin</c>.</param>
public sealed record ManifestDocument(JsonObject Node, string Source, IReadOnlyDictionary<FieldPath, int> Lines)
{
    public string ApiVersion => Text("apiVersion");
    public string Kind => Text("kind");
    public ObjectKey Key => new(Text("metadata", "namespace"), Text("metadata", "name"));

    /// <summary>Of the operator's group, whatever version and kind it names there.</summary>
    public bool IsRucio => ApiVersion.Split('/')[0] == ApiGroup.Name;

    /// <summary>File and line of a field, or of the nearest above it that is there.</summary>
    public string Place(string path)
    {
        for (FieldPath? at = FieldPath.Parse(path); at is { } field; at = field.Parent)
        {
            if (Lines.TryGetValue(field, out var line))
                return $"{Source}:{line}";
        }
        return Source;
    }

    public override string ToString() => $"{Kind} {Key}";

    /// <summary>Empty when it isn't there or no text.</summary>
    public string Text(params ReadOnlySpan<string> path)
    {
        JsonNode? at = Node;
        foreach (var step in path)
            at = (at as JsonObject)?[step];
        return at is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
    }
}

/// <param name="Place">File and line.</param>
/// <param name="Reason">In a word; of a field, one of <see cref="Api.Validation.ValidationReasons"/>.</param>
public sealed record ManifestError(string Place, string Message, string Reason = ManifestError.Unreadable)
{
    /// <summary>It is no object of Kubernetes.</summary>
    public const string Unreadable = nameof(Unreadable);

    public override string ToString() => $"{Place}: {Message}";
}

/// <param name="Errors">Of what could not be read as objects; the rest is there all the same.</param>
public sealed record ManifestSet(IReadOnlyList<ManifestDocument> Documents, IReadOnlyList<ManifestError> Errors);
