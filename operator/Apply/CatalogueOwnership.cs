using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>Holds catalogues for the RucioInstances of this cluster.</summary>
/// <param name="named">The namespace whose uid names the cluster: kube-system, or the operator's own where it may read no other.</param>
/// <param name="cluster">That uid; null while it has not been seen.</param>
public sealed class CatalogueOwnership(string named, Func<string?> cluster, TimeSpan driftInterval)
{
    /// <summary>Several passes, so that a slow one is not taken for a dead operator.</summary>
    private readonly TimeSpan _lease = driftInterval * 3 is var three && three > TimeSpan.FromMinutes(15) ? three : TimeSpan.FromMinutes(15);

    /// <summary>Takes or renews the catalogue that was just read; null: it is this instance's.</summary>
    public async Task<Outcome?> EnsureAsync(RucioInstance instance, InstanceConnection connection, CancellationToken ct)
    {
        if (connection.Snapshot is null)
        {
            return null;
        }
        var (me, row) = (Me(instance), connection.Snapshot.Owner);
        switch (Ownership.Decide(me, row, TakeOver(instance)))
        {
            case OwnershipStep.Keep:
                return null;
            case OwnershipStep.Refuse:
                connection.Serving = false;
                return new Outcome.Blocked(DatabaseFault.OwnedElsewhere, Ownership.Refusal(me, row!, ApiGroup.TakeOverAnnotation), TimeSpan.FromMinutes(1));
            default:
                return await connection.OwnAsync(me, ct) ? null : new Outcome.Requeue(TimeSpan.FromSeconds(1), DatabaseFault.OwnedElsewhere, "the owner of the catalogue changed while it was looked at");
        }
    }

    /// <summary>So that the next one need not wait for the lease to run out.</summary>
    public Task ReleaseAsync(RucioInstance instance, InstanceConnection connection, CancellationToken ct) => connection.Writer.DisownAsync(Me(instance), ct);

    public ProvisionedFor For(RucioInstance instance)
    {
        var (me, takeOver) = (Me(instance), TakeOver(instance));
        return new(me.Instance,
            row => Ownership.Decide(me, row, takeOver) == OwnershipStep.Refuse ? Ownership.Refusal(me, row, ApiGroup.TakeOverAnnotation) : null,
            row => !row.IsSame(me));
    }

    private CatalogueOwner Me(RucioInstance instance) => new(
        cluster() ?? throw new DatabaseFault(DatabaseFault.Failed, $"namespace {named}, whose uid names this cluster in the catalogue, cannot be seen", transient: true),
        ObjectKey.Of(instance).ToString(), _lease, TimeSpan.Zero);

    private static string? TakeOver(RucioInstance instance) =>
        instance.Metadata.Annotations is { } annotations && annotations.TryGetValue(ApiGroup.TakeOverAnnotation, out var old) ? old : null;
}
