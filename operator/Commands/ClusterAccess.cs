using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using RucioOperator.Hosting;
using RucioOperator.Runtime;

namespace RucioOperator.Commands;

/// <summary>A cluster that a command looks at.</summary>
/// <param name="Namespace">Of what names none.</param>
public sealed record ClusterAccess(KubeApi Api, string Namespace) : IDisposable
{
    private const string DefaultNamespace = "default";

    private readonly Kubernetes? _client;

    private ClusterAccess(Kubernetes client, TimeProvider time, string @namespace) : this(new KubeApi(client, time), @namespace) => _client = client;

    /// <summary>Null where no kubeconfig is named or found, and this is no pod.</summary>
    /// <exception cref="CommandException">One is, and can't be used.</exception>
    public static ClusterAccess? TryOpen(CommandInput input)
    {
        try
        {
            return Configuration(input) is { } configuration
                ? new(KubeConnection.Open(configuration, input.Program), input.World.Time, input.Text(CommonOptions.Namespace) ?? (string.IsNullOrEmpty(configuration.Namespace) ? DefaultNamespace : configuration.Namespace))
                : null;
        }
        catch (Exception error) when (error is KubeConfigException or IOException or UnauthorizedAccessException or YamlDotNet.Core.YamlException)
        {
            throw new CommandException($"no usable kubeconfig: {error.Message}");
        }
    }

    /// <exception cref="CommandException">There is none.</exception>
    public static ClusterAccess Open(CommandInput input) =>
        TryOpen(input) ?? throw new CommandException("no kubeconfig: name one with --kubeconfig or KUBECONFIG, or put it in ~/.kube/config");

    /// <summary>Of what names none, where there is no cluster to ask.</summary>
    public static string OfflineNamespace(CommandInput input) => input.Text(CommonOptions.Namespace) ?? DefaultNamespace;

    public void Dispose() => _client?.Dispose();

    private static KubernetesClientConfiguration? Configuration(CommandInput input)
    {
        var (path, context) = (input.Text(CommonOptions.Kubeconfig), input.Text(CommonOptions.Context));
        if (path is null && input.World.Environment("KUBECONFIG") is { Length: > 0 } named)
            return KubernetesClientConfiguration.BuildConfigFromConfigObject(Merged(named.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)), context);
        path ??= Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        if (File.Exists(path) || input.Has(CommonOptions.Kubeconfig))
            return KubernetesClientConfiguration.BuildConfigFromConfigFile(new FileInfo(path), context);
        return context is null && KubernetesClientConfiguration.IsInCluster() ? KubernetesClientConfiguration.InClusterConfig() : null;
    }

    /// <summary>Of a name in several files the first counts, as with kubectl. A file that isn't there is left out, unless it is the only one.</summary>
    private static K8SConfiguration Merged(IReadOnlyList<string> paths)
    {
        var files = (paths.Count == 1 ? paths : [.. paths.Where(File.Exists)]).Select(path => KubernetesClientConfiguration.LoadKubeConfig(new FileInfo(path))).ToList();
        if (files.Count == 0)
            throw new KubeConfigException($"none of {string.Join(", ", paths)} is there");
        var first = files[0];
        first.CurrentContext ??= files.Select(file => file.CurrentContext).FirstOrDefault(context => context is not null);
        first.Clusters = [.. files.SelectMany(file => file.Clusters ?? []).DistinctBy(cluster => cluster.Name)];
        first.Users = [.. files.SelectMany(file => file.Users ?? []).DistinctBy(user => user.Name)];
        first.Contexts = [.. files.SelectMany(file => file.Contexts ?? []).DistinctBy(context => context.Name)];
        return first;
    }
}
