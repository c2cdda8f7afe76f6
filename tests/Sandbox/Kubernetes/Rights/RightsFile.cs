using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Rights;

/// <summary>The chart's rules for the operator, taken apart.</summary>
public static class RightsFile
{
    public const string Watched = "watched";
    public const string Cluster = "cluster";
    public const string Own = "own";

    public static readonly string Path = Repository.Path("charts", "rucio-operator", "rbac", "operator.yaml");

    public static IReadOnlyList<Right> All { get; } = Read(File.ReadAllText(Path));

    public static IReadOnlyList<Right> Read(string yaml) =>
    [
        .. from section in Yaml.Parse(yaml).Single()
           from rule in section.Value!.AsArray()
           from set in Texts(rule!, "apiGroups")
           from resource in Texts(rule!, "resources")
           from verb in Texts(rule!, "verbs")
           from name in rule!["resourceNames"] is null ? (string?[])[null] : [.. Texts(rule, "resourceNames")]
           select new Right(section.Key, verb, set.Length == 0 ? resource : $"{resource}.{set}", name),
    ];

    private static IEnumerable<string> Texts(JsonNode rule, string field) => rule[field]!.AsArray().Select(text => text!.GetValue<string>());
}
