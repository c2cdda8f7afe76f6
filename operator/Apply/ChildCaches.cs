using k8s;
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>The caches the applier reads back from, one per kind of child.</summary>
public sealed class ChildCaches
{
    private const string OwnerIndex = "owner";

    private readonly Dictionary<ResourceKind, IChildCache> caches = [];

    private interface IChildCache
    {
        IKubernetesObject<V1ObjectMeta>? Get(ObjectKey key);
        IEnumerable<IKubernetesObject<V1ObjectMeta>> OwnedBy(string uid);
        void Refresh(IKubernetesObject<V1ObjectMeta> written);
    }

    internal event Action<ResourceKind, ObjectKey>? Removed;

    /// <summary>Before the informer starts. It must select <see cref="ChildMarks.ManagedByLabel"/>, or foreign objects fill the memory.</summary>
    public ChildCaches Add<T>(Informer<T> informer) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        informer.Store.AddIndex(OwnerIndex, child => child.Metadata.Labels?.TryGetValue(ChildMarks.OwnerLabel, out var uid) == true ? [uid] : []);
        informer.Subscribe((old, now) =>
        {
            if (now is null)
                Removed?.Invoke(informer.Kind, ObjectKey.Of(old!));
        });
        caches.Add(informer.Kind, new Cache<T>(informer));
        return this;
    }

    internal IKubernetesObject<V1ObjectMeta>? Get(ResourceKind kind, ObjectKey key) =>
        caches.TryGetValue(kind, out var cache) ? cache.Get(key) : throw new InvalidOperationException($"no cache of {kind.Kind} for the applier to read back from");

    internal IEnumerable<IKubernetesObject<V1ObjectMeta>> OwnedBy(string uid) => caches.Values.SelectMany(cache => cache.OwnedBy(uid));

    internal void Refresh(IKubernetesObject<V1ObjectMeta> written) => caches[ResourceKind.Of(written)].Refresh(written);

    private sealed class Cache<T>(Informer<T> informer) : IChildCache where T : class, IKubernetesObject<V1ObjectMeta>
    {
        public IKubernetesObject<V1ObjectMeta>? Get(ObjectKey key) => informer.Store.Get(key);
        public IEnumerable<IKubernetesObject<V1ObjectMeta>> OwnedBy(string uid) => informer.Store.ByIndex(OwnerIndex, uid);
        public void Refresh(IKubernetesObject<V1ObjectMeta> written) => informer.Refresh((T)written);
    }
}
