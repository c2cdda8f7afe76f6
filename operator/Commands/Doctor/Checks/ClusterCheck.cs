using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>What the cluster has to bring: kinds of other products, classes, gateways, issuers of certificates.</summary>
internal static class ClusterCheck
{
    private const string DefaultStorage = "storageclass.kubernetes.io/is-default-class", DefaultIngress = "ingressclass.kubernetes.io/is-default-class";

    private static readonly ResourceKind StorageClasses = new("storage.k8s.io", "v1", "StorageClass", "storageclasses");
    private static readonly ResourceKind IngressClasses = new("networking.k8s.io", "v1", "IngressClass", "ingressclasses");
    private static readonly ResourceKind Gateways = new("gateway.networking.k8s.io", "v1", "Gateway", "gateways");

    public static async Task KindsAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        var required = RequiredKinds.Of(instance.Spec).ToList();
        if (required.Count == 0)
        {
            return;
        }
        var served = await KindDiscovery.AskAsync(tools.Cluster, ct);
        foreach (var (kind, fields) in required.GroupBy(r => r.Kind, r => r.Field).Select(g => (g.Key, string.Join(", ", g))))
        {
            if (served.Find(kind) is { } one)
            {
                notes.Ok($"{fields}: the cluster serves {kind.Kind} ({one.ApiVersion})");
            }
            else
            {
                notes.Error(Catalogue.DatabaseFault.KindMissing, $"{fields}: the cluster does not serve {kind}", $"install {kind.Product} in the cluster, or remove the field");
            }
        }
    }

    public static async Task ClassesAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        foreach (var (field, name, kind, mark) in Classes(instance.Spec).Distinct())
        {
            if (name is null)
            {
                await DefaultAsync(field, kind, mark, tools.Cluster, notes, ct);
            }
            else
            {
                await ThereAsync($"{field}: {kind.Kind} {name}", await tools.Cluster.GetAsync<PartialObject>(new ObjectKey("", name), ct, kind) is not null, "ClassNotFound", notes);
            }
        }
        foreach (var server in Exposure.Servers(instance.Spec))
        {
            if (server.Spec.Exposure is { Type: ExposureType.Gateway, GatewayRef: { } gateway })
            {
                var key = new ObjectKey(gateway.Namespace ?? instance.Metadata.NamespaceProperty, gateway.Name);
                await ThereAsync($"{server.Field}.exposure.gatewayRef: Gateway {key}", tools.Found.Others.Contains((Gateways.Kind, key)) || await tools.Cluster.GetAsync<PartialObject>(key, ct, Gateways) is not null, "ObjectNotFound", notes);
            }
            if (server.Spec.Tls?.IssuerRef is { } issuer)
            {
                await IssuerAsync(server, issuer, instance.Metadata.NamespaceProperty, tools, notes, ct);
            }
        }
    }

    private static IEnumerable<(string Field, string? Name, ResourceKind Kind, string Mark)> Classes(RucioInstanceSpec spec)
    {
        if (spec.Database.Embedded is { } embedded)
        {
            yield return ("spec.database.embedded.storageClassName", embedded.StorageClassName, StorageClasses, DefaultStorage);
        }
        if (spec.Database.CloudNativePG is { } cluster)
        {
            yield return ("spec.database.cloudNativePG.storageClassName", cluster.StorageClassName, StorageClasses, DefaultStorage);
        }
        if (spec.External is null && (spec.Upgrade ?? new UpgradeSpec()).Backup == UpgradeBackup.PgDump && spec.Upgrade?.Storage is { } storage)
        {
            yield return ("spec.upgrade.storage.className", storage.ClassName, StorageClasses, DefaultStorage);
        }
        foreach (var server in Exposure.Servers(spec).Where(s => s.Spec.Exposure?.Type == ExposureType.Ingress))
        {
            yield return ($"{server.Field}.exposure.className", server.Spec.Exposure!.ClassName, IngressClasses, DefaultIngress);
        }
    }

    private static async Task DefaultAsync(string field, ResourceKind kind, string mark, KubeApi api, Notes notes, CancellationToken ct)
    {
        var all = (await api.ListPageAsync<PartialObject>(new Selection(Kind: kind), 500, null, ct)).Items;
        if (all.FirstOrDefault(c => c.Metadata.Annotations is { } has && has.TryGetValue(mark, out var text) && text == "true") is { } chosen)
        {
            notes.Ok($"{field}: none is named, and {kind.Kind} {chosen.Metadata.Name} is the cluster's default");
        }
        else
        {
            notes.Error("NoDefaultClass", $"{field}: none is named, and of {all.Count} {kind.Plural} none is the cluster's default");
        }
    }

    private static async Task IssuerAsync(PublicServer server, IssuerRef reference, string ns, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        var kind = new ResourceKind("cert-manager.io", "v1", reference.Kind.ToString(), $"{reference.Kind.ToString().ToLowerInvariant()}s");
        var (key, field) = (new ObjectKey(reference.Kind == IssuerKind.ClusterIssuer ? "" : ns, reference.Name), $"{server.Field}.tls.issuerRef");
        if (tools.Found.Others.Contains((kind.Kind, key)))
        {
            notes.Ok($"{field}: {kind.Kind} {key.Name} is in the files");
            return;
        }
        var issuer = await tools.Cluster.GetAsync<UntypedObject>(key, ct, kind);
        await ThereAsync($"{field}: {kind.Kind} {key.Name}", issuer is not null, "ObjectNotFound", notes);
        if (issuer is not null && !IsReady(issuer))
        {
            notes.Warning("IssuerNotReady", $"{field}: {kind.Kind} {key.Name} is not Ready");
        }
    }

    private static bool IsReady(UntypedObject issuer) =>
        (issuer.Status?["conditions"] as JsonArray ?? []).Any(c => c?["type"]?.GetValue<string>() == "Ready" && c["status"]?.GetValue<string>() == "True");

    private static Task ThereAsync(string what, bool isThere, string reason, Notes notes)
    {
        if (isThere)
        {
            notes.Ok($"{what} is there");
        }
        else
        {
            notes.Error(reason, $"{what} does not exist");
        }
        return Task.CompletedTask;
    }
}
