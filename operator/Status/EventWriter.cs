using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using RucioOperator.Runtime;

namespace RucioOperator.Status;

/// <summary>The one writer of Events. Best effort: a failure is logged, never thrown.</summary>
public sealed class EventWriter(KubeApi api, string instance, TimeProvider time, ILogger<EventWriter> logger)
{
    private const string Controller = "rucio.cern.ch/rucio-operator";
    private const int NoteLimit = 1024;

    // The same news about the same object is told once in this time.
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Uid, string Type, string Reason, string Note), long> told = [];

    public Task NormalAsync(IKubernetesObject<V1ObjectMeta> regarding, string reason, string action, string note, CancellationToken cancellationToken) =>
        WriteAsync(regarding, "Normal", reason, action, note, cancellationToken);

    public Task WarningAsync(IKubernetesObject<V1ObjectMeta> regarding, string reason, string action, string note, CancellationToken cancellationToken) =>
        WriteAsync(regarding, "Warning", reason, action, note, cancellationToken);

    /// <summary>One event if Ready, Stalled or Suspended changed status or reason between the two lists.</summary>
    public Task TransitionAsync(IKubernetesObject<V1ObjectMeta> regarding, IReadOnlyList<V1Condition>? before, IReadOnlyList<V1Condition>? after, CancellationToken cancellationToken)
    {
        foreach (var type in (ReadOnlySpan<string>)[Conditions.Suspended, Conditions.Stalled, Conditions.Ready])
        {
            var (old, now) = (Find(before, type), Find(after, type));
            if (now is null || (old?.Status == now.Status && old.Reason == now.Reason))
                continue;
            var bad = type == Conditions.Stalled && now.Status == "True";
            return WriteAsync(regarding, bad ? "Warning" : "Normal", now.Reason, "Reconcile", now.Message, cancellationToken);
        }
        return Task.CompletedTask;
    }

    private async Task WriteAsync(IKubernetesObject<V1ObjectMeta> regarding, string type, string reason, string action, string note, CancellationToken cancellationToken)
    {
        var (key, kind) = (ObjectKey.Of(regarding), ResourceKind.Of(regarding.GetType()));
        if (!IsNews((regarding.Metadata.Uid ?? "", type, reason, note)))
            return;
        // The trace is no part of the news: the same again would be new each time.
        var trace = Work.Current is { TraceId: var id } ? $" (trace {id})" : "";
        var room = NoteLimit - trace.Length;
        note = (note.Length <= room ? note : note[..(room - 1)] + "…") + trace;
        var news = new Eventsv1Event
        {
            Metadata = new V1ObjectMeta { Name = NameOf(key, reason, note), NamespaceProperty = key.Namespace.Length == 0 ? "default" : key.Namespace },
            Regarding = new V1ObjectReference
            {
                ApiVersion = kind.ApiVersion,
                Kind = kind.Kind,
                Name = key.Name,
                NamespaceProperty = key.Namespace,
                Uid = regarding.Metadata.Uid,
                ResourceVersion = regarding.Metadata.ResourceVersion,
            },
            EventTime = MicroTime.Of(time.GetUtcNow().UtcDateTime),
            Type = type,
            Reason = reason,
            Action = action,
            Note = note,
            ReportingController = Controller,
            ReportingInstance = instance,
        };
        try
        {
            await api.CreateAsync(news, "rucio-operator/events", cancellationToken);
        }
        catch (KubeApiException error)
        {
            StatusLog.EventNotWritten(logger, reason, key, error.Message);
        }
    }

    private bool IsNews((string, string, string, string) what)
    {
        var now = time.GetTimestamp();
        if (told.TryGetValue(what, out var at) && time.GetElapsedTime(at, now) < Silence)
            return false;
        foreach (var (old, when) in told)
        {
            if (time.GetElapsedTime(when, now) >= Silence)
                told.TryRemove(old, out _);
        }
        told[what] = now;
        return true;
    }

    private string NameOf(ObjectKey key, string reason, string note)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{reason}\n{note}\n{time.GetUtcNow().UtcTicks}"));
        var stem = key.Name.Length <= 230 ? key.Name : key.Name[..230];
        return $"{stem}.{Convert.ToHexStringLower(digest.AsSpan(0, 8))}";
    }

    private static V1Condition? Find(IReadOnlyList<V1Condition>? conditions, string type) => conditions?.FirstOrDefault(condition => condition.Type == type);
}
