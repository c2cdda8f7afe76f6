using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>A Backup of the instance's Cluster, one for each revision; like any backup it outlives what it is of.</summary>
public static class CnpgBackup
{
    public static string NameOf(InstanceNames names, string revision) => $"{names.Backup}-{revision}";

    /// <summary>Null: another kind of backup is wanted, or the cluster does not serve this one (a condition says so).</summary>
    public static UntypedObject? For(InstanceInputs i, CatalogueMove move)
    {
        if (i.Instance.Spec.Upgrade?.Backup != UpgradeBackup.CloudNativePG || i.Kinds.Find(OptionalKinds.Backup) is not { } kind)
        {
            return null;
        }
        var spec = new JsonObject { ["cluster"] = new JsonObject { ["name"] = i.Names.Postgres } };
        if (i.Instance.Spec.Database.CloudNativePG is { Backup: null, Plugins: [var plugin, ..] })
        {
            // Without a place of the cluster's own, the plugin is the one that knows one.
            spec["method"] = "plugin";
            spec["pluginConfiguration"] = new JsonObject { ["name"] = plugin["name"]?.DeepClone() };
        }
        return UntypedObject.Of(kind, new V1ObjectMeta { Name = NameOf(i.Names, move.From), NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "backup") }, spec);
    }
}
