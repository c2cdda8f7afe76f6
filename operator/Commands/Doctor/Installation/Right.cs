using System.Text.Json.Nodes;
using RucioOperator.Commands.Manifests;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>One right of the chart's roles (rbac/operator.yaml).</summary>
/// <param name="Section">Where it is needed.</param>
/// <param name="Name">The only object; null: any.</param>
internal sealed record Right(string Section, string Verb, string Group, string Resource, string? Subresource, string? Name)
{
    /// <summary>In every namespace that is watched.</summary>
    public const string Watched = "watched";

    /// <summary>Where all are watched.</summary>
    public const string Cluster = "cluster";

    public static IReadOnlyList<Right> All { get; } = [.. EmbeddedYaml.Under("Rights/").SelectMany(Read)];

    public override string ToString() => $"{Verb} {Resource}{(Subresource is null ? "" : $"/{Subresource}")}{(Group.Length == 0 ? "" : $".{Group}")}{(Name is null ? "" : $" {Name}")}";

    private static IEnumerable<Right> Read(JsonObject file) =>
        from section in file
        from rule in section.Value as JsonArray ?? []
        from @group in Texts(rule, "apiGroups")
        from resource in Texts(rule, "resources")
        from verb in Texts(rule, "verbs")
        from name in Texts(rule, "resourceNames").DefaultIfEmpty(null)
        let parts = resource!.Split('/')
        select new Right(section.Key, verb!, @group!, parts[0], parts.ElementAtOrDefault(1), name);

    private static IEnumerable<string?> Texts(JsonNode? rule, string field) => (rule?[field] as JsonArray ?? []).Select(t => t?.ToString());
}
