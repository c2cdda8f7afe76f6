using RucioOperator.Hosting;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>All that is looked at without manifests.</summary>
internal static class InstallationChecks
{
    private const string Cluster = "cluster", Operator = "operator";

    /// <param name="self">See <see cref="OperatorSeen.FindAsync"/>.</param>
    public static async Task<IReadOnlyList<Finding>> RunAsync(KubeApi api, OperatorOptions? self, string? ns, TimeProvider time, CancellationToken ct)
    {
        OperatorSeen? seen = null;
        var first = await Check.RunAsync([new(Operator, "pods", async (notes, token) => seen = await OperatorSeen.FindAsync(api, self, ns, notes, token))], time, ct);
        Check[] always =
        [
            new(Cluster, "version", (notes, token) => VersionCheck.RunAsync(api, notes, token)),
            new(Cluster, "definitions", (notes, token) => DefinitionCheck.RunAsync(api, notes, token)),
            new(Cluster, "products", (notes, token) => VersionCheck.ProductsAsync(api, notes, token)),
        ];
        Check[] ofOperator = seen is null ? [] :
        [
            new(Operator, "rights", (notes, token) => RightsCheck.RunAsync(api, seen, notes, token)),
            new(Operator, "lease", (notes, token) => LeaseCheck.RunAsync(api, seen, time, notes, token)),
            new(Operator, "resources", (notes, token) => ResourcesCheck.RunAsync(api, seen, notes, token)),
        ];
        return [.. await Check.RunAsync(always, time, ct), .. first, .. await Check.RunAsync(ofOperator, time, ct)];
    }
}
