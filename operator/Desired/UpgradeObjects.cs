using k8s;
using k8s.Models;
using RucioOperator.Planning;

namespace RucioOperator.Desired;

/// <summary>What there is only while the catalogue goes from one revision to another.</summary>
public static class UpgradeObjects
{
    public static IEnumerable<IKubernetesObject<V1ObjectMeta>> For(InstanceInputs i)
    {
        if (!i.Phase.IsUpgrade() || i.Move is not { } move)
        {
            yield break;
        }
        yield return Scripts(i);
        if (i.Phase is InstancePhase.Backup or InstancePhase.Migrate)
        {
            // Stays while the migration runs: its end is the proof that there is a backup.
            foreach (var part in BackupJob.For(i, move))
            {
                yield return part;
            }
            if (CnpgBackup.For(i, move) is { } backup)
            {
                yield return backup;
            }
        }
        if (i.Phase == InstancePhase.Migrate)
        {
            yield return MigrateJob.For(i, move);
        }
    }

    private static V1ConfigMap Scripts(InstanceInputs i) => new()
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Metadata = new V1ObjectMeta { Name = i.Names.Upgrade, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "config") },
        Data = new Dictionary<string, string>
        {
            [BootstrapScript.FileName] = BootstrapScript.Text,
            [MigrateJob.FileName] = MigrateJob.Script,
            [MaintenanceServer.FileName] = MaintenanceServer.Script,
            [BackupJob.FileName] = BackupJob.Script,
        },
    };
}
