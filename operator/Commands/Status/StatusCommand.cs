using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Controllers;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Status;

/// <summary>Reads the three kinds, and nothing else: no Secret, no Rucio.</summary>
internal static class StatusCommand
{
    private const int PageSize = 500;

    public static Command Command { get; } = new("status", "[NAME]", "Shows instances with their VOs and storages, what is wrong, and the next step.",
        [CommonOptions.Namespace, CommonOptions.AllNamespaces, .. CommonOptions.Cluster, CommonOptions.Output],
        "NAME: only the resources of this name, with what belongs to them.\nExit code: 0 all of them are Ready, 2 one is not, 1 they could not be read.", RunAsync);

    private static async Task<ExitCode> RunAsync(CommandInput input, CancellationToken ct)
    {
        if (input.Arguments.Count > 1)
            throw new CommandException($"{input.Arguments[1]}: status takes one name");
        using var cluster = ClusterAccess.Open(input);
        var (everywhere, name) = (input.Has(CommonOptions.AllNamespaces), input.Arguments is [var only] ? only : null);
        var roots = await ReadAsync(cluster, everywhere ? "" : cluster.Namespace, ct);
        if (name is not null)
            roots = StatusTree.Named(roots, name);
        if (roots.Count == 0 && name is not null)
            throw new CommandException($"no RucioInstance, VirtualOrganisation or StorageElement {name} in {(everywhere ? "any namespace" : $"namespace {cluster.Namespace}")}");
        if (input.WantsJson)
            await input.Out.WriteAsync(JsonOutput.Of(StatusJson.Of(roots)));
        else if (roots.Count == 0)
            input.Remark($"no resources found{(everywhere ? "" : $" in namespace {cluster.Namespace}")}");
        else
            await input.Out.WriteAsync(StatusText.Of(roots, input.World.Time.GetUtcNow()));
        return StatusTree.AllReady(roots) ? ExitCode.Done : ExitCode.Found;
    }

    private static async Task<IReadOnlyList<StatusNode>> ReadAsync(ClusterAccess cluster, string ns, CancellationToken ct)
    {
        var instances = (await ListAsync<RucioInstance>(cluster.Api, ns, ct)).ToDictionary(ObjectKey.Of);
        var vos = await ListAsync<VirtualOrganisation>(cluster.Api, ns, ct);
        var storages = await ListAsync<StorageElement>(cluster.Api, ns, ct);
        if (ns.Length > 0 && instances.Count > 0)
            (vos, storages) = await WithTenantsAsync(cluster.Api, [.. instances.Keys], vos, storages, ct);
        var missing = new Dictionary<ObjectKey, string>();
        // Whoever may only see a tenant's namespace sees no instance; the VO's own status tells what there is to know.
        foreach (var key in vos.Select(Indexes.InstanceOf).Distinct().Where(key => !instances.ContainsKey(key)))
        {
            try
            {
                if (await cluster.Api.GetAsync<RucioInstance>(key, ct) is { } instance)
                    instances[key] = instance;
            }
            catch (KubeApiException error) when (error.Kind == KubeErrorKind.Forbidden)
            {
                missing[key] = StatusTree.Forbidden;
            }
        }
        return StatusTree.Of(instances.Values, vos, storages, missing);
    }

    /// <summary>VOs of other namespaces that live in these instances, where one may look there.</summary>
    private static async Task<(IReadOnlyList<VirtualOrganisation>, IReadOnlyList<StorageElement>)> WithTenantsAsync(KubeApi api, IReadOnlyCollection<ObjectKey> instances, IReadOnlyList<VirtualOrganisation> vos, IReadOnlyList<StorageElement> storages, CancellationToken ct)
    {
        try
        {
            var all = await ListAsync<VirtualOrganisation>(api, "", ct);
            var own = vos.Select(ObjectKey.Of).ToHashSet();
            var shown = all.Where(vo => own.Contains(ObjectKey.Of(vo)) || instances.Contains(Indexes.InstanceOf(vo))).ToList();
            var keys = shown.Select(ObjectKey.Of).ToHashSet();
            var here = storages.Select(ObjectKey.Of).ToHashSet();
            return (shown, [.. (await ListAsync<StorageElement>(api, "", ct)).Where(s => here.Contains(ObjectKey.Of(s)) || keys.Contains(Indexes.VoOf(s)))]);
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.Forbidden)
        {
            return (vos, storages);
        }
    }

    private static async Task<IReadOnlyList<T>> ListAsync<T>(KubeApi api, string ns, CancellationToken ct) where T : class, IKubernetesObject<V1ObjectMeta>
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
