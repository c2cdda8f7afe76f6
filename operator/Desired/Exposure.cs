using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>What leads from a host name to a server, and the certificates on the way.</summary>
public static class Exposure
{
    /// <param name="Passthrough">TLS ends in the pod, whatever is in front of it.</param>
    private sealed record Way(string Component, string Service, IFrontend Server, bool Passthrough);

    public static IEnumerable<IKubernetesObject<V1ObjectMeta>> Objects(InstanceInputs i)
    {
        foreach (var way in Ways(i))
        {
            if (Certificate(i, way) is { } certificate)
            {
                yield return certificate;
            }
            // Before its verification has been seen to work nobody reaches the auth server.
            if (way.Component == "auth" && !i.AuthMayBeExposed)
            {
                continue;
            }
            IKubernetesObject<V1ObjectMeta>? made = way.Server.Exposure?.Type switch
            {
                ExposureType.Ingress => Ingress(i, way),
                ExposureType.Gateway => Route(i, way),
                ExposureType.LoadBalancer => LoadBalancer(i, way),
                _ => null,
            };
            if (made is not null)
            {
                yield return made;
            }
        }
    }

    /// <summary>Where people find it; needs a host.</summary>
    public static string Url(IFrontend server) =>
        $"{(server is { Exposure.Type: ExposureType.Ingress, Tls: null } ? "http" : "https")}://{server.Host}";

    /// <summary>Of the public API: its host, else its name inside the cluster.</summary>
    public static string ApiUrl(RucioInstanceSpec spec, InstanceNames names) => spec.Api is { Host: not null } api ? Url(api) : names.ApiUrl;

    /// <summary>A server that is not always one with TLS.</summary>
    public static bool TlsInPod(IFrontend? server) => server is { Exposure.Type: ExposureType.LoadBalancer, Tls: not null };

    /// <summary>Given, or written by cert-manager.</summary>
    public static string TlsSecret(InstanceNames names, string component, TlsSpec tls) => tls.SecretRef?.Name ?? names.Tls(component);

    /// <summary>Components with a certificate → field of the spec, and the Secret it is in.</summary>
    public static IEnumerable<(string Component, string Field, string Secret, bool Issued)> TlsSecrets(RucioInstanceSpec spec, InstanceNames names) =>
        from server in (IEnumerable<(string Component, IFrontend? Server)>)[("api", spec.Api), ("auth", spec.Auth), ("webui", spec.Webui), ("trace", spec.Trace)]
        where server.Server?.Tls is not null
        let tls = server.Server!.Tls!
        select (server.Component, $"spec.{server.Component}.tls.{(tls.SecretRef is null ? "issuerRef" : "secretRef")}", TlsSecret(names, server.Component, tls), tls.SecretRef is null);

    private static IEnumerable<Way> Ways(InstanceInputs i)
    {
        var (spec, names) = (i.Instance.Spec, i.Names);
        (string Component, string Service, IFrontend? Server, bool Passthrough)[] all =
        [
            ("api", names.Api, spec.Api, TlsInPod(spec.Api)), ("auth", names.Auth, spec.Auth, true),
            ("webui", names.Webui, spec.Webui, false), ("trace", names.Trace, spec.Trace, TlsInPod(spec.Trace)),
        ];
        return all.Where(w => w.Server is not null).Select(w => new Way(w.Component, w.Service, w.Server!, w.Passthrough));
    }

    private static V1Ingress Ingress(InstanceInputs i, Way way) => new()
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "Ingress",
        Metadata = Meta(i, way, way.Service, way.Passthrough ? Passthrough : null),
        Spec = new V1IngressSpec
        {
            IngressClassName = way.Server.Exposure!.ClassName,
            Tls = way.Server.Tls is null ? null :
                [new V1IngressTLS { Hosts = [way.Server.Host], SecretName = way.Passthrough ? null : TlsSecret(i.Names, way.Component, way.Server.Tls) }],
            Rules =
            [
                new V1IngressRule
                {
                    Host = way.Server.Host,
                    Http = new V1HTTPIngressRuleValue
                    {
                        Paths =
                        [
                            new V1HTTPIngressPath
                            {
                                Path = "/",
                                PathType = "Prefix",
                                Backend = new V1IngressBackend { Service = new V1IngressServiceBackend { Name = way.Service, Port = new V1ServiceBackendPort { Name = Servers.PortName(way.Passthrough) } } },
                            },
                        ],
                    },
                },
            ],
        },
    };

    /// <summary>An Ingress has no field for it: the annotations of the controllers that can. One that can't ends TLS itself, and then no client certificate reaches the pod.</summary>
    private static readonly IReadOnlyDictionary<string, string> Passthrough = new Dictionary<string, string>
    {
        ["haproxy-ingress.github.io/ssl-passthrough"] = "true",
        ["haproxy.org/ssl-passthrough"] = "true",
        ["nginx.ingress.kubernetes.io/backend-protocol"] = "HTTPS",
        ["nginx.ingress.kubernetes.io/ssl-passthrough"] = "true",
    };

    /// <summary>TLSRoute has no HTTP in it: the connection ends in the pod.</summary>
    private static UntypedObject? Route(InstanceInputs i, Way way)
    {
        if (i.Kinds.Find(way.Passthrough ? OptionalKinds.TlsRoute : OptionalKinds.HttpRoute) is not { } kind)
        {
            return null;
        }
        var gateway = way.Server.Exposure!.GatewayRef!;
        var parent = new JsonObject { ["name"] = gateway.Name };
        if (gateway.Namespace is { } ns)
        {
            parent["namespace"] = ns;
        }
        return UntypedObject.Of(kind, Meta(i, way, way.Service), new JsonObject
        {
            ["parentRefs"] = new JsonArray(parent),
            ["hostnames"] = new JsonArray(way.Server.Host),
            ["rules"] = new JsonArray(new JsonObject { ["backendRefs"] = new JsonArray(new JsonObject { ["name"] = way.Service, ["port"] = way.Passthrough ? 443 : 80 }) }),
        });
    }

    private static V1Service LoadBalancer(InstanceInputs i, Way way) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = Meta(i, way, i.Names.Public(way.Component)),
        Spec = new V1ServiceSpec
        {
            Type = "LoadBalancer",
            LoadBalancerClass = way.Server.Exposure!.ClassName,
            Selector = Labels.Selector(i.Names.Instance, way.Component),
            Ports = [Servers.Port(tls: true)],
        },
    };

    private static UntypedObject? Certificate(InstanceInputs i, Way way) =>
        way.Server.Tls?.IssuerRef is { } issuer && i.Kinds.Find(OptionalKinds.Certificate) is { } kind
            ? UntypedObject.Of(kind, Meta(i, way, i.Names.Tls(way.Component), annotations: false), new JsonObject
            {
                ["secretName"] = i.Names.Tls(way.Component),
                ["dnsNames"] = new JsonArray(way.Server.Host),
                ["issuerRef"] = new JsonObject { ["name"] = issuer.Name, ["kind"] = issuer.Kind.ToString(), ["group"] = "cert-manager.io" },
            })
            : null;

    private static V1ObjectMeta Meta(InstanceInputs i, Way way, string name, IReadOnlyDictionary<string, string>? defaults = null, bool annotations = true)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, text) in (annotations ? defaults ?? new Dictionary<string, string>() : new Dictionary<string, string>()).Concat(annotations ? way.Server.Exposure?.Annotations ?? new Dictionary<string, string>() : []))
        {
            all[key] = text;
        }
        return new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = i.Names.Namespace,
            Labels = Labels.Of(i.Names.Instance, way.Component),
            Annotations = all.Count == 0 ? null : new Dictionary<string, string>(all),
        };
    }
}
