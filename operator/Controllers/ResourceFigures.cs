using System.Collections.Concurrent;
using RucioOperator.Api;
using RucioOperator.Hosting;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

/// <summary>The three kinds as figures: Ready or not and why, and how long it took to come and to go.</summary>
internal sealed class ResourceFigures(Informer<RucioInstance> instances, Informer<VirtualOrganisation> vos, Informer<StorageElement> storages, OperatorMetrics metrics, TimeProvider time)
{
    /// <summary>Uids of those without a word in their status when they came: of no others it is known when they were Ready first.</summary>
    private readonly ConcurrentDictionary<string, bool> _unborn = new(StringComparer.Ordinal);

    /// <param name="leads">Others would tell the same again.</param>
    public void Watch(Func<bool> leads)
    {
        instances.Subscribe((old, now) => Follow(old, now, leads));
        vos.Subscribe((old, now) => Follow(old, now, leads));
        storages.Subscribe((old, now) => Follow(old, now, leads));
        metrics.WatchResources(() => leads() ? All() : []);
    }

    private IEnumerable<ResourceFigure> All() =>
    [
        .. instances.Store.List().Select(i => Of(i, ObjectKey.Of(i), "", i.Spec.Version ?? "")),
        .. vos.Store.List().Select(v => Of(v, Indexes.InstanceOf(v), v.Spec.Tag, "")),
        .. storages.Store.List().Select(s => vos.Store.Get(Indexes.VoOf(s)) is { } vo ? Of(s, Indexes.InstanceOf(vo), vo.Spec.Tag, "") : Of(s, null, "", "")),
    ];

    private static ResourceFigure Of(IRucioResource resource, ObjectKey? instance, string vo, string version) =>
        new(resource.Kind, ObjectKey.Of(resource), StatusPass.IsReady(resource), Reason(resource), instance, vo, version);

    private static string Reason(IRucioResource resource) => resource.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == Conditions.Ready)?.Reason ?? "";

    private void Follow<T>(T? old, T? now, Func<bool> leads) where T : class, IRucioResource
    {
        var uid = (now ?? old)!.Metadata.Uid ?? "";
        if (now is null)
        {
            _unborn.TryRemove(uid, out _);
            if (leads() && old!.Metadata.DeletionTimestamp is { } asked)
            {
                metrics.Deleted(old.Kind, time.GetUtcNow() - asked);
            }
            return;
        }
        if (old is null || Reason(old) != Reason(now))
        {
            metrics.Turned();
        }
        if (old is null && now.CommonStatus?.Conditions is null or [])
        {
            _unborn[uid] = true;
        }
        if (StatusPass.IsReady(now) && _unborn.TryRemove(uid, out _) && leads() && now.Metadata.CreationTimestamp is { } made)
        {
            metrics.BecameReady(now.Kind, time.GetUtcNow() - made);
        }
    }
}
