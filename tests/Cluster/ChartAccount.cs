using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Chart;

namespace RucioOperator.Tests.Cluster;

/// <summary>A ServiceAccount with the roles the chart gives it, and nothing else.</summary>
internal static class ChartAccount
{
    private static readonly string[] Kinds = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];

    public static string UserOf(string name, string ns = Helm.Namespace) => $"system:serviceaccount:{ns}:{name}";

    /// <param name="name">Of the ServiceAccount and the roles, so that accounts of several modes don't lend each other theirs.</param>
    /// <param name="values">Of the chart; namespaces that it names must be there.</param>
    public static async Task ApplyAsync(TestCluster cluster, string name, params string[] values)
    {
        cluster.Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Helm.Namespace } });
        foreach (var node in Yaml.Parse(await Helm.RenderAsync([$"fullnameOverride=\"{name}\"", .. values])).Where(node => Kinds.Contains(node["kind"]!.GetValue<string>())))
            cluster.Store.Upsert(node);
    }

    public static async Task<string> TokenAsync(TestCluster cluster, string name, string ns = Helm.Namespace)
    {
        var request = new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = new JsonObject { ["expirationSeconds"] = 7200 } };
        var answer = await cluster.Api.DoAsync("POST", $"{RemoteStore.Path("serviceaccounts", ns, name)}/token", request);
        return answer["status"]!["token"]!.GetValue<string>();
    }

    /// <returns>Path of a kubeconfig; to be deleted.</returns>
    public static async Task<string> KubeconfigAsync(TestCluster cluster, string name, string ns = Helm.Namespace)
    {
        var config = Yaml.Parse(await File.ReadAllTextAsync(cluster.Kubeconfig)).Single();
        config["users"]![0]!["user"] = new JsonObject { ["token"] = await TokenAsync(cluster, name, ns) };
        var path = Path.Combine(Path.GetTempPath(), $"rucio-{name}-{Guid.NewGuid():n}.kubeconfig");
        // JSON is YAML.
        await File.WriteAllTextAsync(path, config.ToJsonString());
        return path;
    }

    /// <summary>What the server's RBAC says.</summary>
    /// <param name="resource">As <c>secrets</c> or <c>virtualorganisations/status.rucio.cern.ch</c>.</param>
    public static async Task<bool> MayAsync(this TestCluster cluster, string user, string verb, string resource, string ns = "", string name = "")
    {
        var (path, group) = resource.Split('.', 2) is [var left, var right] ? (left, right) : (resource, "");
        var (plural, subresource) = path.Split('/') is [var whole, var part] ? (whole, part) : (path, "");
        var answer = await cluster.Api.DoAsync("POST", "apis/authorization.k8s.io/v1/subjectaccessreviews", new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["user"] = user,
                ["resourceAttributes"] = new JsonObject { ["verb"] = verb, ["group"] = group, ["resource"] = plural, ["subresource"] = subresource, ["namespace"] = ns, ["name"] = name },
            },
        });
        return answer["status"]!["allowed"]!.GetValue<bool>();
    }
}
