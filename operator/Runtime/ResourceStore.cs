using System.Diagnostics.CodeAnalysis;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>The cached objects of one kind. Objects are shared: never change one, copy it.</summary>
public sealed class ResourceStore<T> where T : class, IKubernetesObject<V1ObjectMeta>
{
    public T? Get(ObjectKey key) => throw new NotImplementedException();

    public bool TryGet(ObjectKey key, [NotNullWhen(true)] out T? obj) => (obj = Get(key)) is not null;

    /// <summary>All, in no particular order.</summary>
    public IReadOnlyList<T> List() => throw new NotImplementedException();

    public IReadOnlyList<T> ByIndex(string name, string value) => throw new NotImplementedException();

    /// <summary>Call before the informer starts.</summary>
    public void AddIndex(string name, Func<T, IEnumerable<string>> values) => throw new NotImplementedException();

    /// <summary>
    /// Takes the server's answer to our own write, so that the next pass does not act on older news. Only replaces
    /// an older version of the same object (same uid), never brings one back.
    /// </summary>
    public void Refresh(T written) => throw new NotImplementedException();

    public int Count => throw new NotImplementedException();
}
