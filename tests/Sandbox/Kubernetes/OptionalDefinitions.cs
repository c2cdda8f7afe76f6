using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>Definitions of the kinds other products bring: names and versions are theirs, spec and status take anything.</summary>
public static class OptionalDefinitions
{
    public const string Cluster = "clusters.postgresql.cnpg.io";
    public const string Certificate = "certificates.cert-manager.io";
    public const string PodMonitor = "podmonitors.monitoring.coreos.com";
    public const string PrometheusRule = "prometheusrules.monitoring.coreos.com";

    private const string Gateway = "gateway.networking.k8s.io";

    /// <summary>By name: <c>plural.group</c>.</summary>
    public static IReadOnlyDictionary<string, JsonObject> All { get; } = new[]
    {
        Definition("postgresql.cnpg.io", "Cluster", "clusters", "v1"),
        Definition("postgresql.cnpg.io", "Backup", "backups", "v1"),
        Definition("cert-manager.io", "Certificate", "certificates", "v1"),
        Definition(Gateway, "HTTPRoute", "httproutes", "v1"),
        Definition(Gateway, "TLSRoute", "tlsroutes", "v1alpha2", "v1"),
        Definition("monitoring.coreos.com", "PodMonitor", "podmonitors", "v1"),
        Definition("monitoring.coreos.com", "PrometheusRule", "prometheusrules", "v1"),
    }.ToDictionary(definition => definition.Name());

    /// <param name="names">None: all.</param>
    public static void InstallKinds(this KubeApiServer server, params string[] names)
    {
        foreach (var definition in All.Where(definition => names.Length == 0 || names.Contains(definition.Key)))
            server.Store.Upsert(definition.Value);
    }

    public static void RemoveKind(this KubeApiServer server, string name) => server.Store.Delete(TypeRegistry.DefinitionStorage, "", name);

    /// <param name="versions">The last one is stored.</param>
    private static JsonObject Definition(string group, string kind, string plural, params string[] versions) => Yaml.Parse($$"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: {{plural}}.{{group}}
          annotations: {api-approved.kubernetes.io: "unapproved, for tests"}
        spec:
          group: {{group}}
          scope: Namespaced
          names: {kind: {{kind}}, plural: {{plural}}, singular: {{kind.ToLowerInvariant()}}, listKind: {{kind}}List }
          versions: [{{string.Join(", ", versions.Select(version => Version(version, stored: version == versions[^1])))}}]
        """)[0];

    private static string Version(string name, bool stored) => $$"""
        {name: {{name}}, served: true, storage: {{(stored ? "true" : "false")}}, subresources: {status: {} }, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}, status: {type: object, x-kubernetes-preserve-unknown-fields: true} } } } }
        """;
}
