using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The database answers, and its catalogue has been read.</summary>
internal static class DatabaseStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.OnlyLooks)
        {
            return await LookAsync(work, ct);
        }
        var server = await work.Parts.Databases.ApplyServerAsync(work.Instance, InstanceController.Name, heal: work.Instance.Spec.DriftPolicy == DriftPolicy.Heal || !StatusPass.IsDrift(work.Instance), ct);
        if (await ObjectsStage.TellAsync(work, server, ct) is { } taken)
        {
            return taken;
        }
        var connection = work.Connection = await work.Parts.Databases.EnsureAsync(work.Instance, ct);
        if (!IsFresh(work, connection))
        {
            await ReadAsync(work, connection, ct);
        }
        if (await work.Parts.Databases.OwnAsync(work.Instance, connection, ct) is { } owned)
        {
            return owned;
        }
        work.Snapshot = connection.Snapshot;
        work.Report.True(InstanceConditions.DatabaseReady, "Connected", work.Instance.Spec.Database.Embedded is null
            ? $"Database {connection.Access.Address} answers"
            : $"Database {connection.Access.Address} answers; embedded is one pod with one volume and no backup, for trials: what shall last belongs into cloudNativePG or a database of your own");
        return null;
    }

    private static async Task<Outcome?> LookAsync(InstanceWork work, CancellationToken ct)
    {
        if (await work.Parts.Databases.LookAsync(work.Instance, ct) is not { } connection)
        {
            return work.PlanOnly([new MakeDatabase()]);
        }
        work.Connection = connection;
        await ReadAsync(work, connection, ct);
        work.Snapshot = connection.Snapshot;
        work.Report.True(InstanceConditions.DatabaseReady, "Connected", $"Database {connection.Access.Address} answers");
        return null;
    }

    /// <summary>A catalogue of another revision is not read: its tables may look otherwise, and a migration may hold them locked.</summary>
    private static async Task ReadAsync(InstanceWork work, InstanceConnection connection, CancellationToken ct)
    {
        if (connection.Snapshot?.AlembicRevision == work.Release.AlembicHead || await connection.LookAtHeadAsync(work.Release.AlembicHead, ct))
        {
            await connection.RefreshAsync(work.Now, ct);
        }
    }

    /// <summary>Events of children come in bursts; the catalogue is read in full once a drift interval, or when somebody asks.</summary>
    private static bool IsFresh(InstanceWork work, InstanceConnection connection) =>
        IsComplete(work.Instance, connection.Snapshot) && connection.Snapshot!.AlembicRevision == work.Release.AlembicHead && StatusPass.Token(work.Instance) == work.Instance.Status?.LastHandledReconcileAt
        && work.Now - connection.ReadAt < work.Parts.DriftInterval * 0.8;

    public static bool IsComplete(RucioInstance instance, CatalogueSnapshot? snapshot) =>
        snapshot is { AlembicRevision: not null } && snapshot.Vo(BaseVo.Tag) is { Exists: true } def && def.Accounts.ContainsKey(instance.Spec.RootAccount);
}
