using k8s;
using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>
/// One memcached for all pods of an instance. Rucio keeps pickled objects there (dogpile), so a NetworkPolicy closes it
/// to everybody but these pods, whether spec.networkPolicy is on or not.
/// </summary>
public static class Memcached
{
    public const string Component = "memcached";
    public const int Port = 11211;

    /// <summary>The image's user, by number so that the kubelet can see it is not root.</summary>
    private const long User = 11211;

    public static IEnumerable<IKubernetesObject<V1ObjectMeta>> Objects(InstanceInputs i) =>
        i.Instance.Spec.Cache?.Shared is { } shared ? [Service(i), Deployment(i, shared.Image, shared.MemoryMiB), Closed(i)] : [];

    /// <summary><c>[cache] url</c>; null: each pod's own.</summary>
    public static string? Url(InstanceInputs i) => i.Instance.Spec.Cache switch
    {
        { Shared: not null } => $"{i.Names.Memcached}.{i.Names.Namespace}.svc:{Port}",
        { Url: { } url } => url,
        _ => null,
    };

    private static V1Deployment Deployment(InstanceInputs i, string image, int memoryMiB) => new()
    {
        ApiVersion = "apps/v1",
        Kind = "Deployment",
        Metadata = Meta(i),
        Spec = new V1DeploymentSpec
        {
            // Two would be two caches: Rucio knows one address.
            Replicas = 1,
            RevisionHistoryLimit = 3,
            Selector = new V1LabelSelector { MatchLabels = Labels.Selector(i.Names.Instance, Component) },
            Template = new V1PodTemplateSpec
            {
                Metadata = new V1ObjectMeta { Labels = Labels.Of(i.Names.Instance, Component) },
                Spec = new V1PodSpec
                {
                    ServiceAccountName = i.Names.ServiceAccount,
                    AutomountServiceAccountToken = false,
                    EnableServiceLinks = false,
                    ImagePullSecrets = Restricted.PullSecrets(i.Instance),
                    SecurityContext = Restricted.Pod(User, ownsVolumes: false),
                    Containers = [Container(image, memoryMiB)],
                },
            },
        },
    };

    private static V1Container Container(string image, int memoryMiB) => new()
    {
        Name = Component,
        Image = image,
        // An item may be 8 MB: lists of RSEs outgrow the default of 1 MB.
        Args = ["-m", $"{memoryMiB}", "-c", "4096", "-I", "8m"],
        Ports = [new V1ContainerPort { Name = Component, ContainerPort = Port, Protocol = "TCP" }],
        Resources = new V1ResourceRequirements
        {
            Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("50m"), ["memory"] = new($"{memoryMiB * 5 / 4}Mi") },
            Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new($"{memoryMiB * 3 / 2}Mi") },
        },
        SecurityContext = Restricted.Container(),
        ReadinessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = Component }, PeriodSeconds = 5 },
        LivenessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = Component }, PeriodSeconds = 20, FailureThreshold = 3 },
    };

    private static V1Service Service(InstanceInputs i) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = Meta(i),
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            Selector = Labels.Selector(i.Names.Instance, Component),
            Ports = [new V1ServicePort { Name = Component, Port = Port, TargetPort = Component, Protocol = "TCP" }],
        },
    };

    private static V1NetworkPolicy Closed(InstanceInputs i) => NetworkPolicies.Policy(i, "cache", Labels.Selector(i.Names.Instance, Component),
        ingress: [new V1NetworkPolicyIngressRule { FromProperty = [NetworkPolicies.OwnPods(i)], Ports = NetworkPolicies.Tcp(Port) }]);

    private static V1ObjectMeta Meta(InstanceInputs i) => new() { Name = i.Names.Memcached, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, Component) };
}
