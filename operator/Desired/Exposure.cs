using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>A server that people reach from outside.</summary>
/// <param name="Component">Also its field in the spec.</param>
/// <param name="Passthrough">TLS ends in the pod, whatever is in front of it.</param>
public sealed record PublicServer(string Component, IFrontend Spec, bool Passthrough)
{
    public string Field => $"spec.{Component}";

    /// <summary>TLSRoute has no HTTP in it: the connection ends in the pod.</summary>
    public OptionalKind Route => Passthrough ? OptionalKinds.TlsRoute : OptionalKinds.HttpRoute;
}

/// <summary>What leads from a host name to a server, and the certificates on the way.</summary>
public static class Exposure
{
    public static IEnumerable<IKubernetesObject<V1ObjectMeta>> Objects(InstanceInputs i)
    {
        foreach (var server in Servers(i.Instance.Spec))
        {
            if (Certificate(i, server) is { } certificate)
            {
                yield return certificate;
            }
            // Before its verification has been seen to work nobody reaches the auth server.
            if (server.Component == "auth" && !i.AuthMayBeExposed)
            {
                continue;
            }
            IKubernetesObject<V1ObjectMeta>? made = server.Spec.Exposure?.Type switch
            {
                ExposureType.Ingress => Ingress(i, server),
                ExposureType.Gateway => Route(i, server),
                ExposureType.LoadBalancer => LoadBalancer(i, server),
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

    /// <summary>Those that the spec has.</summary>
    public static IEnumerable<PublicServer> Servers(RucioInstanceSpec spec)
    {
        (string Component, IFrontend? Spec, bool Passthrough)[] all =
            [("api", spec.Api, TlsInPod(spec.Api)), ("auth", spec.Auth, true), ("webui", spec.Webui, false), ("trace", spec.Trace, TlsInPod(spec.Trace))];
        return all.Where(s => s.Spec is not null).Select(s => new PublicServer(s.Component, s.Spec!, s.Passthrough));
    }

    private static V1Ingress Ingress(InstanceInputs i, PublicServer server) => new()
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "Ingress",
        Metadata = Meta(i, server, i.Names.Server(server.Component), server.Passthrough ? Passthrough : null),
        Spec = new V1IngressSpec
        {
            IngressClassName = server.Spec.Exposure!.ClassName,
            Tls = server.Spec.Tls is null ? null :
                [new V1IngressTLS { Hosts = [server.Spec.Host], SecretName = server.Passthrough ? null : TlsSecret(i.Names, server.Component, server.Spec.Tls) }],
            Rules =
            [
                new V1IngressRule
                {
                    Host = server.Spec.Host,
                    Http = new V1HTTPIngressRuleValue
                    {
                        Paths =
                        [
                            new V1HTTPIngressPath
                            {
                                Path = "/",
                                PathType = "Prefix",
                                Backend = new V1IngressBackend { Service = new V1IngressServiceBackend { Name = i.Names.Server(server.Component), Port = new V1ServiceBackendPort { Name = Desired.Servers.PortName(server.Passthrough) } } },
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

    private static UntypedObject? Route(InstanceInputs i, PublicServer server)
    {
        if (i.Kinds.Find(server.Route) is not { } kind)
        {
            return null;
        }
        var gateway = server.Spec.Exposure!.GatewayRef!;
        var parent = new JsonObject { ["name"] = gateway.Name };
        if (gateway.Namespace is { } ns)
        {
            parent["namespace"] = ns;
        }
        return UntypedObject.Of(kind, Meta(i, server, i.Names.Server(server.Component)), new JsonObject
        {
            ["parentRefs"] = new JsonArray(parent),
            ["hostnames"] = new JsonArray(server.Spec.Host),
            ["rules"] = new JsonArray(new JsonObject { ["backendRefs"] = new JsonArray(new JsonObject { ["name"] = i.Names.Server(server.Component), ["port"] = server.Passthrough ? 443 : 80 }) }),
        });
    }

    private static V1Service LoadBalancer(InstanceInputs i, PublicServer server) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = Meta(i, server, i.Names.Public(server.Component)),
        Spec = new V1ServiceSpec
        {
            Type = "LoadBalancer",
            LoadBalancerClass = server.Spec.Exposure!.ClassName,
            Selector = Labels.Selector(i.Names.Instance, server.Component),
            Ports = [Desired.Servers.Port(tls: true)],
        },
    };

    private static UntypedObject? Certificate(InstanceInputs i, PublicServer server) =>
        server.Spec.Tls?.IssuerRef is { } issuer && i.Kinds.Find(OptionalKinds.Certificate) is { } kind
            ? UntypedObject.Of(kind, Meta(i, server, i.Names.Tls(server.Component), annotations: false), new JsonObject
            {
                ["secretName"] = i.Names.Tls(server.Component),
                ["dnsNames"] = new JsonArray(server.Spec.Host),
                ["issuerRef"] = new JsonObject { ["name"] = issuer.Name, ["kind"] = issuer.Kind.ToString(), ["group"] = "cert-manager.io" },
            })
            : null;

    private static V1ObjectMeta Meta(InstanceInputs i, PublicServer server, string name, IReadOnlyDictionary<string, string>? defaults = null, bool annotations = true)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, text) in (annotations ? defaults ?? new Dictionary<string, string>() : new Dictionary<string, string>()).Concat(annotations ? server.Spec.Exposure?.Annotations ?? new Dictionary<string, string>() : []))
        {
            all[key] = text;
        }
        return new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = i.Names.Namespace,
            Labels = Labels.Of(i.Names.Instance, server.Component),
            Annotations = all.Count == 0 ? null : new Dictionary<string, string>(all),
        };
    }
}
