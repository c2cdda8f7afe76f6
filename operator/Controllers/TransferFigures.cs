using RucioOperator.Apply.Transfers;
using RucioOperator.Hosting;

namespace RucioOperator.Controllers;

/// <summary>What the keeper has, as gauges tell it.</summary>
internal static class TransferFigures
{
    public static IEnumerable<TransferEnds> Of(ProxyKeeper keeper) =>
        from kept in keeper.Kept
        let holder = new TransferEnds(kept.Holder.Instance, kept.Holder.Tag, kept.CredentialNotAfter, kept.State.Proxy?.NotAfter, null, null)
        from figure in kept.State.Delegations.Where(d => d.IsKnown).Select(d => holder with { Server = TransferVerdict.Text(d.Server), Delegation = d.NotAfter }).Prepend(holder)
        select figure;
}
