using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The database answers, and its catalogue has been read.</summary>
internal static class DatabaseStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var connection = work.Connection = await work.Parts.Databases.EnsureAsync(work.Instance, ct);
        if (!IsFresh(work, connection))
        {
            await connection.RefreshAsync(work.Now, ct);
        }
        if (await work.Parts.Databases.OwnAsync(work.Instance, connection, ct) is { } owned)
        {
            return owned;
        }
        work.Snapshot = connection.Snapshot;
        work.Report.True(InstanceConditions.DatabaseReady, "Connected", $"Database {connection.Access.Address} answers");
        return null;
    }

    /// <summary>Events of children come in bursts; the catalogue is read in full once a drift interval, or when somebody asks.</summary>
    private static bool IsFresh(InstanceWork work, InstanceConnection connection) =>
        IsComplete(work.Instance, connection.Snapshot) && StatusPass.Token(work.Instance) == work.Instance.Status?.LastHandledReconcileAt
        && work.Now - connection.ReadAt < work.Parts.DriftInterval * 0.8;

    public static bool IsComplete(RucioInstance instance, CatalogueSnapshot? snapshot) =>
        snapshot is { AlembicRevision: not null } && snapshot.Vo(BaseVo.Tag) is { Exists: true } def && def.Accounts.ContainsKey(instance.Spec.RootAccount);
}
