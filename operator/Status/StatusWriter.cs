using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Status;

/// <summary>The one writer of <c>/status</c> of a kind.</summary>
public sealed class StatusWriter<T>(KubeApi api, Informer<T> informer, string controller) where T : class, IRucioResource
{
    private const int Attempts = 5;

    /// <summary>
    /// Writes the status of <paramref name="desired"/> if it differs from that of <paramref name="current"/>; a gone
    /// object, or another by now, is no error; one that changed and whose change has not arrived yet is a conflict. The answer is in the store before this returns, so the next pass builds on it.
    /// </summary>
    /// <returns>Whether something was written.</returns>
    public async Task<bool> WriteAsync(T current, T desired, CancellationToken cancellationToken)
    {
        var (before, after) = (StatusOf(current), StatusOf(desired));
        if (JsonNode.DeepEquals(before, after) || JsonNode.DeepEquals(Ordered(before), Ordered(after)))
            return false;
        var key = ObjectKey.Of(current);
        for (var attempt = 1; ; attempt++)
        {
            // What was found out of an object is not said of another that took its name meanwhile.
            if (informer.Store.Get(key) is not { } known || known.Metadata.Uid != current.Metadata.Uid)
                return false;
            try
            {
                informer.Refresh(await api.ApplyStatusAsync<T>(key, known.Metadata.ResourceVersion, after, $"rucio-operator/{controller}", cancellationToken));
                return true;
            }
            catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound)
            {
                return false;
            }
            catch (KubeApiException error) when (error.Kind == KubeErrorKind.Conflict && attempt < Attempts && informer.Store.Get(key)?.Metadata.ResourceVersion != known.Metadata.ResourceVersion)
            {
                // Somebody wrote to it, and the store knows by now.
            }
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
