using System.Collections.Concurrent;
using System.Reflection;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>Where a kind lives in the API.</summary>
public sealed record ResourceKind(string Group, string Version, string Kind, string Plural)
{
    private static readonly ConcurrentDictionary<Type, ResourceKind> Known = new();

    // The models don't say it; these are the ones an operator may meet.
    internal static readonly HashSet<string> ClusterScopedKinds = ["Namespace", "Node", "PersistentVolume", "StorageClass", "IngressClass", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"];

    public bool IsClusterScoped => ClusterScopedKinds.Contains(Kind);

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public static ResourceKind Of<T>() where T : IKubernetesObject => Of(typeof(T));

    public static ResourceKind Of(IKubernetesObject obj) => obj is UntypedObject untyped
        ? untyped.Resource ?? throw new ArgumentException($"{untyped.ApiVersion} {untyped.Kind} doesn't say where it lives")
        : Of(obj.GetType());

    public static ResourceKind Of(Type type) => Known.GetOrAdd(type, static type =>
        type.GetCustomAttribute<KubernetesEntityAttribute>() is { } entity
            ? new(entity.Group ?? "", entity.ApiVersion, entity.Kind, entity.PluralName)
            : throw new ArgumentException($"{type.Name} carries no KubernetesEntity attribute"));

    /// <summary>Relative to the server's base address; <paramref name="name"/> null addresses the collection.</summary>
    public string Path(string @namespace, string? name = null, string? subresource = null)
    {
        var path = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        if (@namespace.Length > 0)
            path += $"/namespaces/{Uri.EscapeDataString(@namespace)}";
        path += $"/{Plural}";
        if (name is not null)
            path += $"/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }
}
