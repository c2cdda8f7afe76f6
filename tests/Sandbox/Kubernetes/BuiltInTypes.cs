using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>The kinds every cluster serves, as far as an operator and kubectl touch them.</summary>
internal static class BuiltInTypes
{
    public static IReadOnlyList<ResourceType> All { get; } =
    [
        Core("Namespace", "namespaces", "ns") with { Namespaced = false, HasStatus = true, Columns = [Path("Status", ".status.phase")] },
        Core("Secret", "secrets") with { Columns = [Path("Type", ".type"), Count("Data", "data")] },
        Core("ConfigMap", "configmaps", "cm") with { Columns = [Count("Data", "data")] },
        Core("Service", "services", "svc") with
        {
            HasStatus = true, Categories = ["all"],
            Columns = [Path("Type", ".spec.type"), Path("Cluster-IP", ".spec.clusterIP"), new("Port(s)", Ports)],
        },
        Core("ServiceAccount", "serviceaccounts", "sa") with { Columns = [Count("Secrets", "secrets")] },
        Core("Event", "events", "ev") with { Columns = EventColumns },
        Core("Pod", "pods", "po") with { HasStatus = true, Categories = ["all"], Columns = [Path("Status", ".status.phase")] },
        Core("PersistentVolumeClaim", "persistentvolumeclaims", "pvc") with { HasStatus = true, Columns = [Path("Status", ".status.phase")] },
        Core("Endpoints", "endpoints", "ep") with { Singular = "endpoints", ListKind = "EndpointsList" },
        Core("Node", "nodes", "no") with { Namespaced = false, HasStatus = true },
        new("events.k8s.io", "v1", "Event", "events") { ShortNames = ["ev"], Columns = EventColumns, Storage = "events" },
        new("apps", "v1", "Deployment", "deployments")
        {
            ShortNames = ["deploy"], Categories = ["all"], HasStatus = true, HasScale = true,
            Columns =
            [
                new("Ready", node => $"{node.Number("status", "readyReplicas") ?? 0}/{node.Number("spec", "replicas") ?? 1}"),
                new("Up-to-date", node => node.Number("status", "updatedReplicas") ?? 0) { Type = "integer" },
                new("Available", node => node.Number("status", "availableReplicas") ?? 0) { Type = "integer" },
            ],
        },
        new("apps", "v1", "StatefulSet", "statefulsets")
        {
            ShortNames = ["sts"], Categories = ["all"], HasStatus = true, HasScale = true,
            Columns = [new("Ready", node => $"{node.Number("status", "readyReplicas") ?? 0}/{node.Number("spec", "replicas") ?? 1}")],
        },
        new("apps", "v1", "ReplicaSet", "replicasets") { ShortNames = ["rs"], Categories = ["all"], HasStatus = true },
        new("batch", "v1", "Job", "jobs")
        {
            Categories = ["all"], HasStatus = true,
            Columns =
            [
                new("Status", JobStatus),
                new("Completions", node => $"{node.Number("status", "succeeded") ?? 0}/{node.Number("spec", "completions") ?? 1}"),
            ],
        },
        new("batch", "v1", "CronJob", "cronjobs") { ShortNames = ["cj"], Categories = ["all"], HasStatus = true },
        new("coordination.k8s.io", "v1", "Lease", "leases") { Columns = [Path("Holder", ".spec.holderIdentity")] },
        new("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies") { ShortNames = ["netpol"] },
        new("networking.k8s.io", "v1", "Ingress", "ingresses")
        {
            ShortNames = ["ing"], HasStatus = true,
            Columns = [Path("Class", ".spec.ingressClassName"), Path("Hosts", ".spec.rules[0].host")],
        },
        new("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets") { ShortNames = ["pdb"], HasStatus = true },
        new("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers") { ShortNames = ["hpa"], Categories = ["all"], HasStatus = true },
        Rbac("Role", "roles"),
        Rbac("RoleBinding", "rolebindings"),
        Rbac("ClusterRole", "clusterroles") with { Namespaced = false },
        Rbac("ClusterRoleBinding", "clusterrolebindings") with { Namespaced = false },
        new("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions")
        {
            ShortNames = ["crd", "crds"], Namespaced = false, HasStatus = true,
            Columns = [Path("Created At", ".metadata.creationTimestamp")],
        },
    ];

    public static Column Path(string name, string path) => new(name, node => JsonPath.First(node, path)?.DeepClone());

    private static IReadOnlyList<Column> EventColumns =>
    [
        Path("Type", ".type"), Path("Reason", ".reason"),
        new("Object", node => $"{Subject(node).Text("kind")?.ToLowerInvariant()}/{Subject(node).Text("name")}"),
        new("Message", node => node.Text("message") ?? node.Text("note")),
    ];

    private static ResourceType Core(string kind, string plural, params string[] shortNames) => new("", "v1", kind, plural) { ShortNames = shortNames };

    private static ResourceType Rbac(string kind, string plural) => new("rbac.authorization.k8s.io", "v1", kind, plural);

    private static Column Count(string name, string field) =>
        new(name, node => node[field] switch { JsonObject map => map.Count, JsonArray list => list.Count, _ => 0 }) { Type = "integer" };

    private static JsonNode? Subject(JsonObject node) => node["involvedObject"] ?? node["regarding"];

    private static JsonNode Ports(JsonObject node) =>
        string.Join(',', node.At("spec", "ports").Objects().Select(port => $"{port.Number("port")}/{port.Text("protocol") ?? "TCP"}"));

    private static JsonNode JobStatus(JsonObject node) =>
        node.At("status", "conditions").Objects().Where(one => one.Text("status") == "True").Select(one => one.Text("type")).LastOrDefault() ?? "Running";
}
