using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Status;

/// <summary>The one writer of <c>/status</c> of a kind.</summary>
public sealed class StatusWriter<T>(KubeApi api, Informer<T> informer, string controller) where T : class, IRucioResource
{
    /// <summary>
    /// Writes the status of <paramref name="desired"/> if it differs from that of <paramref name="current"/>; a gone
    /// object is no error. The answer is in the store before this returns, so the next pass builds on it.
    /// </summary>
    /// <returns>Whether something was written.</returns>
    public async Task<bool> WriteAsync(T current, T desired, CancellationToken cancellationToken)
    {
        var (before, after) = (StatusOf(current), StatusOf(desired));
        if (JsonNode.DeepEquals(before, after) || JsonNode.DeepEquals(Ordered(before), Ordered(after)))
            return false;
        try
        {
            informer.Refresh(await api.ApplyStatusAsync<T>(ObjectKey.Of(current), after, $"rucio-operator/{controller}", cancellationToken));
            return true;
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound)
        {
            return false;
        }
    }

    // A server that merges by type keeps its own order: a condition that came later stands behind those before it.
    private static JsonObject Ordered(JsonObject status)
    {
        var copy = (JsonObject)status.DeepClone();
        if (copy["conditions"] is JsonArray conditions)
            copy["conditions"] = new JsonArray([.. conditions.OrderBy(c => (string?)c!["type"], StringComparer.Ordinal).Select(c => c!.DeepClone())]);
        return copy;
    }

    // Absent and null are the same, as are lists and maps of the same content: compared as what would be sent.
    private static JsonObject StatusOf(T resource)
    {
        var whole = (JsonObject)JsonSerializer.SerializeToNode(resource, KubeJson.Info<T>())!;
        var status = whole["status"] as JsonObject;
        whole.Remove("status");
        return status ?? [];
    }
}
