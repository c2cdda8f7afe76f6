using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>Somebody leads: the Lease is renewed while we look, so that no two clocks are compared.</summary>
internal static class LeaseCheck
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(KubeApi api, OperatorSeen seen, TimeProvider time, Notes notes, CancellationToken ct)
    {
        if (!seen.Options.LeaderElection)
        {
            notes.Ok("there is no leader election: one process works, and must stay the only one");
            return;
        }
        var key = new ObjectKey(seen.Options.LeaseNamespace, "rucio-operator");
        var began = time.GetTimestamp();
        V1Lease? first = null;
        while (true)
        {
            var lease = await api.GetAsync<V1Lease>(key, ct);
            var patience = TimeSpan.FromSeconds(lease?.Spec?.LeaseDurationSeconds is { } seconds and > 1 ? seconds : 15);
            if (first?.Metadata.ResourceVersion is { } before && lease?.Metadata.ResourceVersion is { } now && before != now && lease.Spec?.HolderIdentity is { Length: > 0 } holder)
            {
                notes.Ok($"Lease {key}: {holder} leads, and renews it");
                return;
            }
            if (time.GetElapsedTime(began) > patience)
            {
                notes.Error("NobodyLeads", lease is null ? $"Lease {key} does not exist: no operator ever led here" : $"Lease {key} was not renewed for {patience.TotalSeconds:0} s: {(lease.Spec?.HolderIdentity is { Length: > 0 } last ? $"{last} held it last" : "nobody holds it")}", "see the operator's pods and their logs");
                return;
            }
            first ??= lease;
            await Task.Delay(Look, time, ct);
        }
    }
}
