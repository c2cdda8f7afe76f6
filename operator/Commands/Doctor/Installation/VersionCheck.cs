using System.Globalization;
using System.Text.Json.Nodes;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Installation;

internal static class VersionCheck
{
    /// <summary>From there on the CEL rules of the definitions are evaluated as they are written.</summary>
    private const int OldestMinor = 30;

    public static async Task RunAsync(KubeApi api, Notes notes, CancellationToken ct)
    {
        var version = await api.DiscoverAsync("version", ct);
        var (major, minor, text) = (Number(version?["major"]), Number(version?["minor"]), version?["gitVersion"]?.ToString() ?? "of no known version");
        if (major > 1 || major == 1 && minor >= OldestMinor)
        {
            notes.Ok($"Kubernetes {text}");
        }
        else
        {
            notes.Error("KubernetesTooOld", $"Kubernetes {text}: the operator needs 1.{OldestMinor} or later", "upgrade the cluster");
        }
    }

    /// <summary>None of them is needed by itself: a RucioInstance that needs one says so.</summary>
    public static async Task ProductsAsync(KubeApi api, Notes notes, CancellationToken ct)
    {
        var served = await KindDiscovery.AskAsync(api, ct);
        var products = OptionalKinds.All.GroupBy(k => k.Product).Select(p => $"{p.Key} {(p.All(served.Has) ? "is there" : p.Any(served.Has) ? $"is there without {string.Join(", ", p.Where(k => !served.Has(k)).Select(k => k.Kind))}" : "is not there")}");
        notes.Ok(string.Join(", ", products));
    }

    /// <summary>Some clouds add a plus.</summary>
    private static int Number(JsonNode? text) => int.TryParse(text?.ToString().TrimEnd('+'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
