using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Controllers;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Plans;

/// <summary>Pure: what would be made in Kubernetes, by name. Contents are compared without what Secrets and generated credentials put into them.</summary>
internal static class InstanceForecast
{
    /// <summary>Everything of an instance with a valid spec, once its VOs are ready.</summary>
    /// <param name="begins">There is no catalogue yet, so one is made.</param>
    public static IReadOnlyDictionary<(string Kind, ObjectKey Key), JsonObject> Objects(RucioInstance instance, ResourceSet all, ApiKinds kinds, bool begins)
    {
        if (instance.Spec.External is not null)
            return new Dictionary<(string, ObjectKey), JsonObject>();
        var inputs = Inputs(instance, all, kinds);
        IEnumerable<IKubernetesObject<V1ObjectMeta>> objects = [.. DatabaseServer.Objects(instance, kinds), .. DesiredInstance.Objects(inputs), .. begins ? DesiredInstance.Objects(inputs with { Phase = InstancePhase.Bootstrap }) : []];
        var nodes = objects.DistinctBy(o => (ResourceKind.Of(o).Kind, ObjectKey.Of(o))).ToDictionary(o => (ResourceKind.Of(o).Kind, ObjectKey.Of(o)), Node);
        foreach (var secret in Generated(instance))
            nodes.TryAdd(("Secret", new(instance.Metadata.NamespaceProperty, secret)), []);
        return nodes;
    }

    /// <summary>What is made for a VO: in its namespace, and one Secret in the instance's.</summary>
    public static IReadOnlyDictionary<(string Kind, ObjectKey Key), JsonObject> Objects(VirtualOrganisation vo, RucioInstance? instance)
    {
        var (ns, objects) = (vo.Metadata.NamespaceProperty, new Dictionary<(string, ObjectKey), JsonObject>());
        if (vo.Spec.Tag != BaseVo.Tag)
        {
            var home = Indexes.InstanceOf(vo);
            objects[("Secret", new(home.Namespace, new InstanceNames(home.Namespace, home.Name).VoRoot(vo.Spec.Tag)))] = [];
        }
        foreach (var account in (vo.Spec.Accounts ?? []).Where(a => !a.Suspended && a.Identities?.FirstOrDefault(i => i.Type == IdentityType.Userpass) is { SecretRef: null }))
            objects[("Secret", new(ns, LoginNames.Secret(vo.Metadata.Name, account.Name)))] = [];
        if (vo.Spec.ClientConfig is { } config)
        {
            objects[("ConfigMap", new(ns, ClientConfig.MapOf(vo)))] = instance is null ? [] : ClientFiles(vo, instance, config);
            if (config.ServiceAccount is { } service)
                objects[("Secret", new(ns, $"{vo.Metadata.Name}-{service.Name}-client"))] = [];
        }
        return objects;
    }

    private static JsonObject ClientFiles(VirtualOrganisation vo, RucioInstance instance, ClientConfigSpec config) =>
        Node(ClientConfig.ConfigMap(new ClientConfigInputs(vo, instance, ClientLogin.Of(config, instance, vo.Spec.Accounts ?? []), null)));

    private static InstanceInputs Inputs(RucioInstance instance, ResourceSet all, ApiKinds kinds)
    {
        var spec = instance.Spec;
        var vos = all.VosOf(ObjectKey.Of(instance)).DistinctBy(vo => vo.Spec.Tag).ToList();
        var proxies = vos.Where(vo => vo.Spec.Transfers?.CredentialSecretRef is not null).ToDictionary(vo => vo.Spec.Tag, vo => new VoProxy(ObjectKey.Of(vo).ToString(), "(PEM)"));
        var login = new DatabaseLogin("(user name)", "");
        return new(instance, ReleaseCatalogue.Find(spec.Version).Release!, new DatabaseAccess(Address(instance), login, login), login, new("(PEM)", "(PEM)"), [.. vos.Select(vo => vo.Spec.Tag).Order(StringComparer.Ordinal)])
        {
            VoNames = vos.Where(vo => vo.Spec.LongName is not null).ToDictionary(vo => vo.Spec.Tag, vo => vo.Spec.LongName!),
            Phase = spec.Hibernate == true ? InstancePhase.Hibernated : InstancePhase.Running,
            Kinds = kinds,
            Secrets = InstanceSecrets.Of(spec).Select(s => (s.Secret, s.Key)).Distinct().ToDictionary(s => s, s => $"({s.Key})"),
            OidcClients = [.. (spec.Oidc?.Issuers ?? []).Select(issuer => new OidcClient(issuer.Name, issuer.Url, "(id)", "", "(id)", ""))],
            Trust = spec.Trust?.CaBundles is not { Count: > 0 } ? Trusted.Nothing : new(new Dictionary<string, string> { ["00000000.0"] = "(PEM)" }, new Dictionary<string, string> { ["00000001.0"] = "(PEM)" }, "(PEM)", Revocation: false),
            // Once it was seen to refuse forged certificates.
            AuthMayBeExposed = true,
            PolicyPackages = [.. (spec.PolicyPackages ?? []).Select(p => PolicyPackage.Of(p, p.Image is null ? new Dictionary<string, string> { ["permission.py"] = "" } : null))],
            SelectedPackages = vos.Where(vo => PolicyOffered(instance, vo)).ToDictionary(vo => vo.Spec.Tag, vo => vo.Spec.PolicyPackageName!),
            Proxies = new(spec.Transfers?.CredentialSecretRef is null ? null : "(PEM)", proxies),
            Reapers = spec.MultiVo ? ReaperShares.Of([(BaseVo.Tag, false), .. vos.Select(vo => (vo.Spec.Tag, all.StoragesOf(ObjectKey.Of(vo)).Count > 0))], proxies) : ReaperShares.Together,
        };
    }

    private static bool PolicyOffered(RucioInstance instance, VirtualOrganisation vo) =>
        instance.Spec.PolicyPackages?.FirstOrDefault(p => p.Name == vo.Spec.PolicyPackageName)?.Allows(vo.Metadata.NamespaceProperty) == true;

    private static DatabaseAddress Address(RucioInstance instance)
    {
        var names = InstanceNames.Of(instance);
        return instance.Spec.Database switch
        {
            { Existing: { } e } => new(e.Host, e.Port, e.Name, e.Schema, e.SslMode, e.CaSecretRef is null ? null : "(PEM)") { CaSecret = e.CaSecretRef?.Name },
            { Provision: { } p } => new(p.Host, p.Port, p.Name ?? names.DefaultDatabaseName(), p.Schema, p.SslMode, p.CaSecretRef is null ? null : "(PEM)") { CaSecret = p.CaSecretRef?.Name },
            { Embedded: not null } => new(names.PostgresHost, 5432, DatabaseServer.Name, DatabaseServer.Name, DatabaseSslMode.VerifyFull, "(PEM)") { CaSecret = names.PostgresTls },
            _ => new($"{DatabaseServer.ServiceOf(instance)}.{names.Namespace}.svc", 5432, DatabaseServer.Name, DatabaseServer.Name, DatabaseSslMode.VerifyFull, "(PEM)") { CaSecret = $"{names.Postgres}-ca" },
        };
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
