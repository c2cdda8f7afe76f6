using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Commands.Manifests;
using RucioOperator.Controllers;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Plans;

/// <summary>What a plan has to know of a cluster, as far as the user's rights go. Reads, and rehearses on the server what the files would bring; nothing is written.</summary>
internal sealed class LiveResources(KubeApi api)
{
    private const int PageSize = 500;

    /// <summary>Any: a rehearsal leaves nothing of it.</summary>
    private const string FieldManager = "rucio-operator-plan";

    private readonly List<string> _remarks = [];
    private readonly HashSet<ObjectKey> _unseen = [];

    public IReadOnlyList<string> Remarks => _remarks;

    /// <summary>Instances that are not to be read with these rights.</summary>
    public IReadOnlySet<ObjectKey> Unseen => _unseen;

    /// <param name="files">Their namespaces are looked into where all of them may not be.</param>
    public async Task<ResourceSet> ReadAsync(IReadOnlyCollection<IRucioResource> files, CancellationToken ct)
    {
        var namespaces = files.Select(f => f.Metadata.NamespaceProperty).Distinct().ToList();
        List<IRucioResource> all = [.. await ListAsync<RucioInstance>(namespaces, ct), .. await ListAsync<VirtualOrganisation>(namespaces, ct), .. await ListAsync<StorageElement>(namespaces, ct)];
        var known = all.OfType<RucioInstance>().Concat(files.OfType<RucioInstance>()).Select(i => ObjectKey.Of(i)).ToHashSet();
        foreach (var key in all.Concat(files).OfType<VirtualOrganisation>().Select(Indexes.InstanceOf).Distinct().Where(key => !known.Contains(key)))
        {
            try
            {
                if (await api.GetAsync<RucioInstance>(key, ct) is { } instance)
                    all.Add(instance);
            }
            catch (KubeApiException error) when (error.Kind == KubeErrorKind.Forbidden)
            {
                _unseen.Add(key);
            }
        }
        return ResourceSet.Of(all);
    }

    public async Task<IReadOnlyDictionary<string, IDictionary<string, string>>> NamespacesAsync(IEnumerable<string> names, CancellationToken ct)
    {
        var labels = new Dictionary<string, IDictionary<string, string>>();
        foreach (var name in names.Distinct())
        {
            try
            {
                if (await api.GetAsync<PartialObject>(new ObjectKey("", name), ct, ResourceKind.Of<V1Namespace>()) is { } found)
                    labels[name] = found.Metadata.Labels ?? new Dictionary<string, string>();
            }
            catch (KubeApiException error) when (error.Kind == KubeErrorKind.Forbidden)
            {
                _remarks.Add($"Namespace {name} can't be read with your rights: its labels are not known");
            }
        }
        return labels;
    }

    /// <summary>Everything where that is not to be known: a missing product is then no finding of this plan.</summary>
    public async Task<ApiKinds> KindsAsync(CancellationToken ct)
    {
        try
        {
            return await KindDiscovery.AskAsync(api, ct);
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.Forbidden)
        {
            _remarks.Add("what kinds this cluster serves can't be asked with your rights: planned as if it had every product");
            return EveryKind;
        }
    }

    public static ApiKinds EveryKind { get; } = new(OptionalKinds.All.ToDictionary(kind => kind, kind => kind.Candidates.First()));

    /// <summary>What only a server can say: rules on old and new together, and admission.</summary>
    public async Task<IReadOnlyList<ManifestError>> RehearseAsync(ManifestDocument document, IReadOnlySet<string> comingNamespaces, CancellationToken ct)
    {
        var kind = new ResourceKind(ApiGroup.Name, ApiGroup.Version, document.Kind, $"{document.Kind.ToLowerInvariant()}s");
        var node = document.Node.DeepClone().AsObject();
        node.Remove("status");
        try
        {
            await api.RehearseAsync(kind, document.Key, node, FieldManager, ct);
            return [];
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.Invalid)
        {
            return error.Causes.Count == 0 ? [new(document.Place("metadata.name"), $"{document} would be refused by the API server: {error.Message}")]
                : [.. error.Causes.Select(cause => new ManifestError(document.Place(cause.Field), $"{cause.Field}: {cause.Message}")).Distinct()];
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound && comingNamespaces.Contains(document.Key.Namespace))
        {
            return [];
        }
        catch (KubeApiException error) when (error.Kind is KubeErrorKind.NotFound)
        {
            _remarks.Add($"{document}: this cluster has no namespace {document.Key.Namespace}, or not the definitions of the operator yet");
            return [];
        }
        catch (KubeApiException error) when (error.Kind is KubeErrorKind.Forbidden)
        {
            _remarks.Add($"{document}: you may not apply this here, so the server was not asked about it");
            return [];
        }
    }

    private async Task<IReadOnlyList<T>> ListAsync<T>(IReadOnlyList<string> namespaces, CancellationToken ct) where T : class, IRucioResource
    {
        try
        {
            return await ListAsync<T>("", ct);
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound)
        {
            return [];
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.Forbidden)
        {
            var found = new List<T>();
            foreach (var ns in namespaces)
            {
                try
                {
                    found.AddRange(await ListAsync<T>(ns, ct));
                }
                catch (KubeApiException closed) when (closed.Kind == KubeErrorKind.Forbidden)
                {
                    _remarks.Add($"{ResourceKind.Of<T>().Kind}s of namespace {ns} can't be read with your rights: they are planned as if there were none");
                }
            }
            return found;
        }
    }

    private async Task<IReadOnlyList<T>> ListAsync<T>(string ns, CancellationToken ct) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var all = new List<T>();
        string? next = null;
        do
        {
            var page = await api.ListPageAsync<T>(new Selection(ns), PageSize, next, ct);
            all.AddRange(page.Items);
            next = page.Continue;
        }
        while (next is not null);
        return all;
    }
}
