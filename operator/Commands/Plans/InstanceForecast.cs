using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Controllers;
using RucioOperator.Controllers.Stages;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Plans;

/// <summary>A VO that has its tag, as the instance's objects know it.</summary>
internal sealed record ForecastTenant(VirtualOrganisation Vo, string? LongName, bool HasStorages);

/// <summary>Pure: what would be made in Kubernetes, by name. Contents are compared without what Secrets and generated credentials put into them.</summary>
internal static class InstanceForecast
{
    /// <summary>Everything of an instance with a valid spec, once its VOs are ready.</summary>
    /// <param name="begins">There is no catalogue yet, so one is made.</param>
    public static IReadOnlyDictionary<(string Kind, ObjectKey Key), ForecastObject> Objects(RucioInstance instance, Release release, IReadOnlyList<ForecastTenant> tenants, ApiKinds kinds, bool begins)
    {
        if (instance.Spec.External is not null)
            return new Dictionary<(string, ObjectKey), ForecastObject>();
        var inputs = Inputs(instance, release, tenants, kinds);
        var server = DatabaseServer.Objects(instance, kinds);
        IEnumerable<IKubernetesObject<V1ObjectMeta>> objects = [.. server, .. DesiredInstance.Objects(inputs), .. begins ? DesiredInstance.Objects(inputs with { Phase = InstancePhase.Bootstrap }) : []];
        var nodes = objects.DistinctBy(o => (ResourceKind.Of(o).Kind, ObjectKey.Of(o))).ToDictionary(o => (ResourceKind.Of(o).Kind, ObjectKey.Of(o)), o => new ForecastObject(Node(o), server.Contains(o) || Stateful.Holds(o)));
        foreach (var secret in Generated(instance))
            nodes.TryAdd(("Secret", new(instance.Metadata.NamespaceProperty, secret)), ForecastObject.Unread with { Stays = true });
        return nodes;
    }

    /// <summary>What is made for a VO: in its namespace, and one Secret in the instance's.</summary>
    /// <param name="former">What was made for it before.</param>
    public static IReadOnlyDictionary<(string Kind, ObjectKey Key), ForecastObject> Objects(VirtualOrganisation vo, RucioInstance? instance, IReadOnlyDictionary<(string Kind, ObjectKey Key), ForecastObject>? former = null)
    {
        var (ns, objects) = (vo.Metadata.NamespaceProperty, new Dictionary<(string Kind, ObjectKey Key), ForecastObject>());
        if (vo.Spec.Tag != BaseVo.Tag)
        {
            var home = Indexes.InstanceOf(vo);
            objects[("Secret", new(home.Namespace, new InstanceNames(home.Namespace, home.Name).VoRoot(vo.Spec.Tag)))] = ForecastObject.Unread with { Stays = true };
        }
        foreach (var login in UserpassLogin.Of(vo.Spec))
        {
            var secret = ("Secret", new ObjectKey(ns, LoginNames.Secret(vo.Metadata.Name, login.Account.Name)));
            if (login.IsGenerated(instance) || former?.ContainsKey(secret) == true)
                objects[secret] = ForecastObject.Unread;
        }
        if (vo.Spec.ClientConfig is { } config)
        {
            objects[("ConfigMap", new(ns, ClientConfig.MapOf(vo)))] = instance is null ? ForecastObject.Unread : new(ClientFiles(vo, instance, config));
            if (ClientConfig.SecretOf(vo) is { } service)
                objects[("Secret", new(ns, service))] = ForecastObject.Unread;
        }
        return objects;
    }

    private static JsonObject ClientFiles(VirtualOrganisation vo, RucioInstance instance, ClientConfigSpec config) =>
        Node(ClientConfig.ConfigMap(new ClientConfigInputs(vo, instance, ClientLogin.Of(config, instance, vo.Spec.Accounts ?? []), null)));

    private static InstanceInputs Inputs(RucioInstance instance, Release release, IReadOnlyList<ForecastTenant> tenants, ApiKinds kinds)
    {
        var spec = instance.Spec;
        tenants = [.. tenants.DistinctBy(t => t.Vo.Spec.Tag)];
        List<VirtualOrganisation> vos = [.. tenants.Select(t => t.Vo)];
        var proxies = vos.Where(vo => vo.Spec.Transfers?.CredentialSecretRef is not null).ToDictionary(vo => vo.Spec.Tag, vo => new VoProxy(ObjectKey.Of(vo).ToString(), "(PEM)"));
        var login = new DatabaseLogin("(user name)", "");
        return new(instance, release, new DatabaseAccess(Address(instance), login, login), login, new("(PEM)", "(PEM)"), [.. vos.Select(vo => vo.Spec.Tag).Order(StringComparer.Ordinal)])
        {
            VoNames = tenants.Where(t => t.LongName is not null).ToDictionary(t => t.Vo.Spec.Tag, t => t.LongName!),
            Phase = spec.Hibernate == true ? InstancePhase.Hibernated : InstancePhase.Running,
            Kinds = kinds,
            Secrets = InstanceSecrets.Of(spec).Select(s => (s.Secret, s.Key)).Distinct().ToDictionary(s => s, s => $"({s.Key})"),
            OidcClients = [.. (spec.Oidc?.Issuers ?? []).Select(issuer => new OidcClient(issuer.Name, issuer.Url, "(id)", "", "(id)", ""))],
            Trust = spec.Trust?.CaBundles is not { Count: > 0 } ? Trusted.Nothing : new(new Dictionary<string, string> { ["00000000.0"] = "(PEM)" }, new Dictionary<string, string> { ["00000001.0"] = "(PEM)" }, "(PEM)", Revocation: false),
            // Once it was seen to refuse forged certificates.
            AuthMayBeExposed = true,
            PolicyPackages = [.. (spec.PolicyPackages ?? []).Select(p => PolicyPackage.Of(p, p.Image is null ? new Dictionary<string, string> { ["permission.py"] = "" } : null))],
            SelectedPackages = vos.Where(vo => vo.Spec.PolicyPackageName is not null && PolicyStage.Offers(instance, vo)).ToDictionary(vo => vo.Spec.Tag, vo => vo.Spec.PolicyPackageName!),
            Proxies = new(spec.Transfers?.CredentialSecretRef is null ? null : "(PEM)", proxies),
            Reapers = spec.MultiVo ? ReaperShares.Of([(BaseVo.Tag, false), .. tenants.Select(t => (t.Vo.Spec.Tag, t.HasStorages))], proxies) : ReaperShares.Together,
        };
    }

    private static DatabaseAddress Address(RucioInstance instance)
    {
        var address = DatabaseServer.AddressOf(instance, "(PEM)");
        return address.CaSecret is null ? address with { CaPem = null } : address;
    }

    /// <summary>Secrets with credentials that the operator makes up.</summary>
    private static IEnumerable<string> Generated(RucioInstance instance)
    {
        var (names, spec) = (InstanceNames.Of(instance), instance.Spec);
        (bool Made, string Name)[] all =
        [
            (spec.Database.Provision is not null || spec.Database.Embedded is not null, names.Database),
            (spec.Database.Embedded is not null, names.PostgresLogin),
            (spec.Database.Embedded is not null, names.PostgresTls),
            (spec.Database.CloudNativePG is not null, names.PostgresObserver),
            (true, names.SuperRoot),
            (true, names.AdminTls),
            (spec.Webui is not null, names.WebuiSession),
            (spec.Auth is not null && spec.Trust?.CaBundles is { Count: > 0 }, names.X509Probe),
        ];
        return all.Where(one => one.Made).Select(one => one.Name);
    }

    private static JsonObject Node(IKubernetesObject<V1ObjectMeta> obj) => ResourceJson.ToNode(obj, ResourceKind.Of(obj));
}
