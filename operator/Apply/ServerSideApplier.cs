using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>The one writer of child objects.</summary>
/// <remarks>
/// Nothing is sent for a child that carries the hash of what is desired now (so nothing was added to or taken from
/// it) and whose fields we own still read as the server answered to our last apply (so nobody changed them). After a
/// restart that answer is unknown, and the desired fields themselves must read the same.
/// </remarks>
public sealed class ServerSideApplier
{
    // How long a child just made may take to show up in the cache.
    private static readonly TimeSpan CacheLag = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(ResourceKind Kind, ObjectKey Key), Settled> settled = [];

    // Sets that this process has applied once: from then on it sees who deletes, and what else is missing was not wanted before.
    private readonly ConcurrentDictionary<(string Owner, string Set), bool> known = [];

    private readonly KubeApi api;
    private readonly ChildCaches children;
    private readonly TimeProvider time;
    private readonly ILogger<ServerSideApplier> logger;

    public ServerSideApplier(KubeApi api, ChildCaches children, TimeProvider time, ILogger<ServerSideApplier> logger)
    {
        (this.api, this.children, this.time, this.logger) = (api, children, time, logger);
        children.Removed += (kind, key) =>
        {
            if (settled.TryGetValue((kind, key), out var last))
                settled.TryUpdate((kind, key), last with { Gone = true }, last);
        };
    }

    private enum Step { Keep, Wait, Apply, Heal, Replace, Refuse }

    /// <summary>The server's last word on a child: its version and what it made of our fields.</summary>
    /// <param name="Gone">Others deleted it since.</param>
    private sealed record Settled(string Uid, string ResourceVersion, string Hash, string Fields, long At, bool Gone = false);

    /// <summary>
    /// Applies what is not on the server as desired and prunes what this owner's <paramref name="set"/> held and no
    /// longer names. Nothing is sent for what is as desired.
    /// </summary>
    /// <param name="controller">Field manager is <c>rucio-operator/&lt;controller&gt;</c>.</param>
    /// <param name="set">Name of this group of children; an owner may have several, each pruned on its own.</param>
    /// <param name="heal">False: what somebody edited is left as it is and told.</param>
    public async Task<ApplyResult> ApplyAsync(IKubernetesObject<V1ObjectMeta> owner, string controller, string set, IReadOnlyList<DesiredObject> desired, CancellationToken cancellationToken, bool heal = true)
    {
        var (changes, refused, left, pending) = (new List<ChildChange>(), new List<RefusedChild>(), new List<ChildChange>(), false);
        var kept = new HashSet<(ResourceKind, ObjectKey)>();
        var isKnown = known.ContainsKey((owner.Metadata.Uid, set));
        foreach (var child in desired.Select(item => DesiredChild.From(owner, set, item)))
        {
            kept.Add((child.Kind, child.Key));
            var cached = children.Get(child.Kind, child.Key);
            var last = settled.GetValueOrDefault((child.Kind, child.Key));
            switch (await DecideAsync(child, cached, last, cancellationToken))
            {
                case Step.Wait:
                    pending = true;
                    break;
                case Step.Refuse:
                    refused.Add(new(child.Kind.Kind, child.Key));
                    break;
                case Step.Replace:
                    changes.Add(await DeleteAsync(cached!, ChildVerb.Replaced, cancellationToken));
                    pending = true;
                    break;
                case Step.Heal when !heal:
                    left.Add(new(ChildVerb.Applied, child.Kind.Kind, child.Key, IsDrift: true));
                    break;
                case (Step.Apply or Step.Heal) and var step when await ApplyAsync(child, controller, cancellationToken) != cached?.Metadata.ResourceVersion:
                    ApplyLog.Changed(logger, ChildVerb.Applied, child.Kind.Kind, child.Key);
                    changes.Add(new(ChildVerb.Applied, child.Kind.Kind, child.Key, IsDrift: step == Step.Heal || (last is { Gone: true } && last.Hash == child.Hash), IsNew: cached is null && !isKnown));
                    break;
            }
        }
        foreach (var orphan in Orphans(owner, set, kept))
            changes.Add(await DeleteAsync(orphan, ChildVerb.Pruned, cancellationToken));
        known[(owner.Metadata.Uid, set)] = true;
        return new(changes, refused, pending, left);
    }

    /// <summary>Deletes a whole set, also what is retained: for an owner whose deletion was confirmed to take everything along.</summary>
    public async Task RemoveAsync(IKubernetesObject<V1ObjectMeta> owner, string set, CancellationToken cancellationToken)
    {
        foreach (var child in children.OwnedBy(owner.Metadata.Uid).Where(child => child.Metadata.DeletionTimestamp is null && Annotation(child, ChildMarks.SetAnnotation) == set))
        {
            await DeleteAsync(child, ChildVerb.Pruned, cancellationToken);
        }
    }

    private async Task<ChildChange> DeleteAsync(IKubernetesObject<V1ObjectMeta> child, ChildVerb verb, CancellationToken cancellationToken)
    {
        var (kind, key) = (ResourceKind.Of(child), ObjectKey.Of(child));
        settled.TryRemove((kind, key), out _);
        await api.DeleteAsync(kind, key, child.Metadata.Uid, cancellationToken);
        ApplyLog.Changed(logger, verb, kind.Kind, key);
        return new(verb, kind.Kind, key);
    }

    private IEnumerable<IKubernetesObject<V1ObjectMeta>> Orphans(IKubernetesObject<V1ObjectMeta> owner, string set, HashSet<(ResourceKind, ObjectKey)> kept) =>
        children.OwnedBy(owner.Metadata.Uid).Where(child => IsOrphan(child, set) && !kept.Contains((ResourceKind.Of(child), ObjectKey.Of(child))));

    /// <summary>What <see cref="ApplyAsync(IKubernetesObject{V1ObjectMeta}, string, string, IReadOnlyList{DesiredObject}, CancellationToken, bool)"/> would do now; nothing is written.</summary>
    public async Task<IReadOnlyList<Change>> PreviewAsync(IKubernetesObject<V1ObjectMeta> owner, string set, IReadOnlyList<DesiredObject> desired, CancellationToken cancellationToken)
    {
        var plan = new List<Change>();
        var kept = new HashSet<(ResourceKind, ObjectKey)>();
        foreach (var child in desired.Select(item => DesiredChild.From(owner, set, item)))
        {
            kept.Add((child.Kind, child.Key));
            var cached = children.Get(child.Kind, child.Key);
            var (kind, name) = (child.Kind.Kind, child.Key.Name);
            switch (await DecideAsync(child, cached, settled.GetValueOrDefault((child.Kind, child.Key)), cancellationToken))
            {
                case Step.Apply when cached is null:
                    plan.Add(new CreateChild(kind, name));
                    break;
                case Step.Apply:
                    plan.Add(new ChangeChild(kind, name, Different(child, cached)));
                    break;
                case Step.Heal:
                    plan.Add(new RestoreChild(kind, name));
                    break;
                case Step.Replace:
                    plan.Add(new ChangeChild(kind, name, []));
                    break;
            }
        }
        plan.AddRange(Orphans(owner, set, kept)
            .Select(orphan => new DeleteChild(ResourceKind.Of(orphan).Kind, orphan.Metadata.Name)).OrderBy(d => d.Kind, StringComparer.Ordinal).ThenBy(d => d.Name, StringComparer.Ordinal));
        return plan;
    }

    /// <summary>Paths at which the desired fields read otherwise on the server; our own marks aside.</summary>
    private static List<string> Different(DesiredChild child, IKubernetesObject<V1ObjectMeta> live)
    {
        var paths = new List<string>();
        Compare(child.Node, OwnedFields.Of(child.Node, ResourceJson.ToNode(live, child.Kind)), "");
        return paths;

        void Compare(JsonNode? wanted, JsonNode? there, string path)
        {
            if (path is "metadata.annotations" or "metadata.ownerReferences")
            {
                return;
            }
            if (wanted is JsonObject a && there is JsonObject b)
            {
                foreach (var (key, value) in a)
                    Compare(value, b[key], path.Length == 0 ? key : $"{path}.{key}");
            }
            else if (wanted is JsonArray x && there is JsonArray y && x.Count == y.Count)
            {
                for (var place = 0; place < x.Count; place++)
                    Compare(x[place], y[place], $"{path}[{place}]");
            }
            else if (!JsonNode.DeepEquals(wanted, there))
            {
                paths.Add(path);
            }
        }
    }

    private async Task<Step> DecideAsync(DesiredChild child, IKubernetesObject<V1ObjectMeta>? cached, Settled? last, CancellationToken cancellationToken)
    {
        if (cached is null)
        {
            if (last is { Gone: false } && last.Hash == child.Hash && time.GetElapsedTime(last.At) < CacheLag)
                return Step.Keep;
            // Applying by force would take over whatever has that name.
            var live = await api.GetAsync<PartialObject>(child.Key, cancellationToken, child.Kind);
            return live is null ? Step.Apply : !IsOurs(live, child) ? Step.Refuse : live.Metadata.DeletionTimestamp is null ? Step.Apply : Step.Wait;
        }
        if (!IsOurs(cached, child))
            return Step.Refuse;
        if (cached.Metadata.DeletionTimestamp is not null)
            return Step.Wait;
        var sameHash = Annotation(cached, ChildMarks.HashAnnotation) == child.Hash;
        if (child.IsJob)
            return sameHash ? Step.Keep : Step.Replace;
        return !sameHash ? Step.Apply : IsAsApplied(child, cached, last) ? Step.Keep : Step.Heal;
    }

    private bool IsAsApplied(DesiredChild child, IKubernetesObject<V1ObjectMeta> cached, Settled? last)
    {
        var known = last is not null && last.Uid == cached.Metadata.Uid && last.Hash == child.Hash;
        if (known && last!.ResourceVersion == cached.Metadata.ResourceVersion)
            return true;
        var fields = FieldsOf(child, cached);
        if (fields != (known ? last!.Fields : DesiredChild.Hashed(OwnedFields.Of(child.Node, child.Node))))
            return false;
        Settle(child, cached, fields);
        return true;
    }

    /// <returns>The resourceVersion it has now.</returns>
    private async Task<string> ApplyAsync(DesiredChild child, string controller, CancellationToken cancellationToken)
    {
        var applied = await api.ApplyNodeAsync(child.Type, child.Kind, child.Key, child.Node, $"{ChildMarks.ManagedBy}/{controller}", cancellationToken);
        Settle(child, applied, FieldsOf(child, applied));
        children.Refresh(applied);
        return applied.Metadata.ResourceVersion;
    }

    private void Settle(DesiredChild child, IKubernetesObject<V1ObjectMeta> live, string fields) =>
        settled[(child.Kind, child.Key)] = new(live.Metadata.Uid, live.Metadata.ResourceVersion, child.Hash, fields, time.GetTimestamp());

    private static string FieldsOf(DesiredChild child, IKubernetesObject<V1ObjectMeta> live) =>
        DesiredChild.Hashed(OwnedFields.Of(child.Node, ResourceJson.ToNode(live, child.Kind)));

    private static bool IsOurs(IKubernetesObject<V1ObjectMeta> live, DesiredChild child) =>
        live.Metadata.Labels?.TryGetValue(ChildMarks.ManagedByLabel, out var by) == true && by == ChildMarks.ManagedBy
        && (Annotation(live, ChildMarks.OwnerAnnotation) is not { } owner || owner == child.OwnerName);

    private static bool IsOrphan(IKubernetesObject<V1ObjectMeta> child, string set) =>
        child.Metadata.DeletionTimestamp is null && Annotation(child, ChildMarks.SetAnnotation) == set && Annotation(child, ChildMarks.RetainAnnotation) != "true";

    private static string? Annotation(IKubernetesObject<V1ObjectMeta> obj, string name) =>
        obj.Metadata.Annotations?.TryGetValue(name, out var value) == true ? value : null;
}
