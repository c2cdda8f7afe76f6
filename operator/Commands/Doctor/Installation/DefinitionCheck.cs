using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Commands.Manifests.Schema;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>
/// The cluster serves the three kinds with the schema this operator was built with. Read from the API's OpenAPI documents, which
/// everybody may see who has an account; the definitions themselves would take a right that the operator does not need otherwise.
/// </summary>
internal static class DefinitionCheck
{
    private const string Document = $"openapi/v3/apis/{ApiGroup.ApiVersion}";
    private const string Upgrade = "upgrade them with the operator: helm upgrade (crds.install), or kubectl apply --server-side -f crds/ of the operator's version";
    private const int Told = 5;

    public static async Task RunAsync(KubeApi api, Notes notes, CancellationToken ct)
    {
        var schemas = (await api.DiscoverAsync(Document, ct))?["components"]?["schemas"] as JsonObject ?? [];
        foreach (var (kind, expected) in Definitions.Kinds.Select(k => (k, Definitions.SchemaOf(k)!)))
        {
            if (schemas.Select(s => s.Value as JsonObject).FirstOrDefault(s => IsOf(s, kind)) is not { } served)
            {
                notes.Error("DefinitionMissing", $"the cluster does not serve {kind} ({ApiGroup.ApiVersion})", Upgrade);
                continue;
            }
            switch (SchemaDifferences.Between(expected, served))
            {
                case []:
                    notes.Ok($"{kind} ({ApiGroup.ApiVersion}) is served as this operator knows it");
                    break;
                case var differences:
                    notes.Error("DefinitionDiffers", $"{kind} ({ApiGroup.ApiVersion}) is served otherwise than this operator knows it: {string.Join("; ", differences.Take(Told))}{(differences.Count > Told ? $"; and {differences.Count - Told} more" : "")}", Upgrade);
                    break;
            }
        }
    }

    private static bool IsOf(JsonObject? schema, string kind) =>
        (schema?["x-kubernetes-group-version-kind"] as JsonArray ?? []).Any(k => k?["group"]?.ToString() == ApiGroup.Name && k["version"]?.ToString() == ApiGroup.Version && k["kind"]?.ToString() == kind);
}
