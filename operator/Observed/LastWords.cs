using System.Text.Json;
using k8s.Models;

namespace RucioOperator.Observed;

/// <summary>What the pods of a Job said last: the end of their log, which Kubernetes keeps in the pod's status, or why they can't start.</summary>
public static class LastWords
{
    private const int Limit = 500;

    /// <summary>Null: nothing was said.</summary>
    public static string? Of(IEnumerable<V1Pod> pods)
    {
        var states = pods.SelectMany(p => (p.Status?.ContainerStatuses ?? []).Select(s => s.State)).ToList();
        var ended = states.Select(s => s?.Terminated).OfType<V1ContainerStateTerminated>().OrderBy(t => t.FinishedAt).LastOrDefault(t => !string.IsNullOrWhiteSpace(t.Message));
        return ended is not null ? Sentence(ended.Message) : states.Select(s => s?.Terminated).OfType<V1ContainerStateTerminated>().LastOrDefault() is { } silent ? $"exit code {silent.ExitCode} ({silent.Reason})" : null;
    }

    /// <summary>Null: none waits for something that does not come by itself.</summary>
    public static string? Hindrance(IEnumerable<V1Pod> pods)
    {
        foreach (var pod in pods)
        {
            if ((pod.Status?.ContainerStatuses ?? []).Select(s => s.State?.Waiting).OfType<V1ContainerStateWaiting>().FirstOrDefault(w => w.Reason is not (null or "ContainerCreating" or "PodInitializing")) is { } waiting)
            {
                return Cut($"pod {pod.Metadata.Name} does not start: {waiting.Reason} {waiting.Message}");
            }
            if (pod.Status?.Conditions?.FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False" }) is { } unscheduled)
            {
                return Cut($"pod {pod.Metadata.Name} finds no node: {unscheduled.Message}");
            }
        }
        return null;
    }

    /// <summary>The last line; our own scripts write JSON with step and message.</summary>
    private static string Sentence(string log)
    {
        var line = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement is { ValueKind: JsonValueKind.Object } said && said.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String)
            {
                return Cut(said.TryGetProperty("outcome", out var outcome) && outcome.ValueEquals("failed") && said.TryGetProperty("step", out var step) ? $"step {step.GetString()}: {message.GetString()}" : message.GetString()!);
            }
        }
        catch (JsonException)
        {
            // Somebody else's words.
        }
        return Cut(line);
    }

    private static string Cut(string text) => text.Length <= Limit ? text.Trim() : text[..(Limit - 1)] + "…";
}
