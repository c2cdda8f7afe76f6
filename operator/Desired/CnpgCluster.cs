using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>A Cluster of CloudNativePG (postgresql.cnpg.io/v1) with a database and role for Rucio, and one that only reads for the operator.</summary>
public static class CnpgCluster
{
    /// <summary>Role of the operator's looks at the catalogue; its password is in Secret <see cref="InstanceNames.PostgresObserver"/>.</summary>
    public const string Observer = $"{DatabaseServer.Name}_observer";

    /// <summary>Each process of an API and each daemon keeps a pool of its own, and CloudNativePG starts with PostgreSQL's 100.</summary>
    private const string MaxConnections = "300";

    public static UntypedObject For(InstanceNames names, CloudNativePGDatabase wanted, ResourceKind kind, IReadOnlyList<LocalRef>? pullSecrets)
    {
        var spec = new JsonObject
        {
            ["instances"] = wanted.Instances,
            ["storage"] = new JsonObject { ["size"] = wanted.StorageSize }.With("storageClass", wanted.StorageClassName),
            ["bootstrap"] = Bootstrap(wanted.Recovery),
            ["postgresql"] = new JsonObject { ["parameters"] = Parameters(wanted.Parameters) },
            ["managed"] = new JsonObject
            {
                ["roles"] = new JsonArray(new JsonObject
                {
                    ["name"] = Observer,
                    ["ensure"] = "present",
                    ["login"] = true,
                    ["passwordSecret"] = new JsonObject { ["name"] = names.PostgresObserver },
                }),
            },
        };
        spec.With("imageName", wanted.ImageName)
            .With("resources", Resources(wanted.Resources))
            .With("imagePullSecrets", pullSecrets is null ? null : new JsonArray([.. pullSecrets.Select(s => new JsonObject { ["name"] = s.Name })]))
            .With("backup", wanted.Backup?.DeepClone())
            .With("plugins", Copy(wanted.Plugins))
            .With("externalClusters", Copy(wanted.ExternalClusters));
        return UntypedObject.Of(kind, new V1ObjectMeta { Name = names.Postgres, NamespaceProperty = names.Namespace, Labels = Labels.Of(names.Instance, EmbeddedPostgres.Component) }, spec);
    }

    private static JsonObject Bootstrap(JsonObject? recovery)
    {
        var how = recovery is null ? new JsonObject { ["encoding"] = "UTF8" } : recovery.DeepClone().AsObject();
        how["database"] ??= DatabaseServer.Name;
        how["owner"] ??= DatabaseServer.Name;
        return new JsonObject { [recovery is null ? "initdb" : "recovery"] = how };
    }

    private static JsonObject Parameters(IReadOnlyDictionary<string, string>? given)
    {
        var parameters = new JsonObject { ["max_connections"] = MaxConnections };
        foreach (var (name, value) in given ?? new Dictionary<string, string>())
        {
            parameters[name] = value;
        }
        return parameters;
    }

    private static JsonObject? Resources(ResourcesSpec? given) => given is null ? null
        : new JsonObject().With("requests", Quantities(given.Requests)).With("limits", Quantities(given.Limits));

    private static JsonObject? Quantities(IReadOnlyDictionary<string, string>? quantities) =>
        quantities is null ? null : new JsonObject(quantities.Select(q => KeyValuePair.Create(q.Key, (JsonNode?)q.Value)));

    private static JsonArray? Copy(IReadOnlyList<JsonObject>? list) => list is null ? null : new JsonArray([.. list.Select(item => item.DeepClone())]);

    private static JsonObject With(this JsonObject node, string name, JsonNode? value)
    {
        if (value is not null)
        {
            node[name] = value;
        }
        return node;
    }
}
