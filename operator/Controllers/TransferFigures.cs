using RucioOperator.Apply.Transfers;
using RucioOperator.Hosting;

namespace RucioOperator.Controllers;

/// <summary>What the keeper has, as gauges tell it.</summary>
internal static class TransferFigures
{
    public static IEnumerable<TransferLeft> Of(ProxyKeeper keeper, DateTimeOffset now) =>
        from kept in keeper.Kept
        let holder = new TransferLeft(kept.Holder.Instance, kept.Holder.Tag, kept.CredentialNotAfter - now, kept.State.Proxy?.NotAfter - now ?? TimeSpan.Zero, null, null)
        from figure in kept.State.Delegations.Where(d => d.IsKnown).Select(d => holder with { Server = TransferVerdict.Text(d.Server), Delegation = d.NotAfter - now }).Prepend(holder)
        select figure;
}
