using RucioOperator.Apply.Transfers;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The default credential: for VOs without their own, and for what Rucio asks of FTS without a VO.</summary>
internal static class TransfersStage
{
    public static Holder HolderOf(ObjectKey instance) => new(instance, "");

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var (spec, transfers, holder) = (work.Instance.Spec.Transfers, work.Parts.Transfers, HolderOf(work.Key));
        if (work.OnlyLooks || Tenancy.Pauses(work.Instance) is not null)
        {
            transfers.Keeper.Rest(holder, work.Key);
            return null;
        }
        if (spec?.CredentialSecretRef is not { } secret)
        {
            var left = await transfers.ReleaseAsync(holder, work.Key, work.Instance, work.Instance.Status?.Transfers, null, StatusPass.IsAsked(work.Instance), ct);
            work.TransfersStatus = left.Count == 0 ? null : new() { Delegations = TransferVerdict.Listed(left) };
            work.Report.Remove(TransferConditions.All);
            return null;
        }
        var verdict = await transfers.AskAsync(new(holder, work.Key, new ObjectKey(work.Names.Namespace, secret.Name), work.Instance, Transfers.Voms(spec.Voms, work.Instance, own: true), Transfers.Servers(spec.FtsServers), work.Instance.Status?.Transfers, StatusPass.IsAsked(work.Instance)), ct);
        work.LookAgainIn(await transfers.TellAsync(work.Instance, work.Report, verdict, ct));
        if (verdict.Wanted.Count == 0)
        {
            work.Report.Remove(TransferConditions.Delegated);
        }
        work.TransfersStatus = verdict.Status;
        return null;
    }
}
