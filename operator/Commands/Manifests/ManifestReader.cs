using System.Text.Json.Nodes;
using RucioOperator.Runtime;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace RucioOperator.Commands.Manifests;

/// <summary>What <c>-f</c> names, as <c>kubectl apply</c> would read it.</summary>
public static class ManifestReader
{
    private const string StandardInput = "-";
    private static readonly string[] Endings = [".yaml", ".yml", ".json"];

    /// <param name="namespace">Of namespaced objects that name none.</param>
    /// <param name="only">The namespace was asked for by option: objects of another are errors, as with kubectl.</param>
    /// <exception cref="CommandException">A file or folder isn't there or has no manifest.</exception>
    public static ManifestSet Read(CommandInput input, string @namespace, bool only)
    {
        if (input.All(CommonOptions.Files) is not { Count: > 0 } paths)
            throw new CommandException("-f: name at least one file or folder, or - for stdin");
        var (documents, errors) = (new List<ManifestDocument>(), new List<ManifestError>());
        foreach (var (source, text) in paths.SelectMany(path => Texts(path, input)))
            Parse(source, text, @namespace, only, documents, errors);
        foreach (var twice in documents.GroupBy(d => (d.Kind, d.ApiVersion.Split('/')[0], d.Key)).SelectMany(same => same.Skip(1).Select(d => (Document: d, First: same.First()))))
            errors.Add(new(twice.Document.Place("metadata.name"), $"{twice.Document} is in this set already, at {twice.First.Place("metadata.name")}"));
        return new(documents, errors);
    }

    private static IEnumerable<(string Source, string Text)> Texts(string path, CommandInput input)
    {
        if (path == StandardInput)
            return [("stdin", input.World.In.ReadToEnd())];
        try
        {
            if (!Directory.Exists(path))
                return [(path, File.ReadAllText(path))];
            var files = Directory.GetFiles(path, "*", input.Has(CommonOptions.Recursive) ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly)
                .Where(file => Endings.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal).ToList();
            return files.Count > 0 ? files.Select(file => (file, File.ReadAllText(file))) : throw new CommandException($"-f {path}: no {string.Join(", ", Endings)} file in this folder");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"-f {path}: {error.Message}");
        }
    }

    private static void Parse(string source, string text, string @namespace, bool only, List<ManifestDocument> documents, List<ManifestError> errors)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            foreach (var document in stream.Documents)
            {
                var lines = new Dictionary<FieldPath, int> { [FieldPath.Root] = (int)document.RootNode.Start.Line };
                switch (YamlValues.Read(document.RootNode, FieldPath.Root, (path, line) => lines.TryAdd(path, (int)line)))
                {
                    case null:
                        break;
                    case JsonObject node:
                        Add(node, source, lines, @namespace, only, documents, errors);
                        break;
                    default:
                        errors.Add(new($"{source}:{lines[FieldPath.Root]}", "is no object of Kubernetes"));
                        break;
                }
            }
        }
        catch (YamlException error)
        {
            errors.Add(new($"{source}:{error.Start.Line}", $"is no YAML: {(error.InnerException ?? error).Message}"));
        }
    }

    private static void Add(JsonObject node, string source, Dictionary<FieldPath, int> lines, string @namespace, bool only, List<ManifestDocument> documents, List<ManifestError> errors)
    {
        var document = new ManifestDocument(node, source, lines);
        if (document.Kind.EndsWith("List", StringComparison.Ordinal) && node["items"] is JsonArray items)
        {
            foreach (var (item, place) in items.Select((item, place) => (item, place)).ToList())
            {
                if (item is JsonObject inner)
                    Add(inner.DeepClone().AsObject(), source, Below(lines, FieldPath.Root.Field("items").Item(place)), @namespace, only, documents, errors);
            }
            return;
        }
        foreach (var missing in (string[])["apiVersion", "kind"])
        {
            if (document.Text(missing).Length == 0)
                errors.Add(new(document.Place(missing), $"{missing} is required"));
        }
        if (document.Key.Name.Length == 0)
            errors.Add(new(document.Place("metadata.name"), "metadata.name is required"));
        if (document.ApiVersion.Length == 0 || document.Kind.Length == 0 || document.Key.Name.Length == 0)
            return;
        if (!ResourceKind.ClusterScopedKinds.Contains(document.Kind))
        {
            if (document.Key.Namespace.Length == 0)
                node["metadata"]!["namespace"] = @namespace;
            else if (only && document.Key.Namespace != @namespace)
                errors.Add(new(document.Place("metadata.namespace"), $"{document} is of another namespace than --namespace {@namespace}"));
        }
        documents.Add(document);
    }

    private static Dictionary<FieldPath, int> Below(Dictionary<FieldPath, int> lines, FieldPath root) =>
        lines.Select(line => (Path: line.Key.Under(root), line.Value)).Where(line => line.Path is not null).ToDictionary(line => line.Path!.Value, line => line.Value);
}
