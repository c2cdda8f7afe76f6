using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Runtime;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Controllers;

/// <summary>Who refers to whom, so that a change of a parent finds its children.</summary>
public static class Indexes
{
    public const string ByInstance = "instance";
    public const string ByVo = "vo";
    public const string ByTag = "tag";
    public const string BySecret = "secret";
    public const string ByMap = "configmap";
    public const string ByHost = "host";

    public static ObjectKey InstanceOf(VirtualOrganisation vo) => new(vo.Spec.InstanceRef.Namespace ?? vo.Metadata.NamespaceProperty, vo.Spec.InstanceRef.Name);

    /// <summary>What only one VirtualOrganisation can hold.</summary>
    public static string TagOf(VirtualOrganisation vo) => $"{InstanceOf(vo)} {vo.Spec.Tag}";

    public static ObjectKey VoOf(StorageElement storage) => new(storage.Metadata.NamespaceProperty, storage.Spec.VoRef.Name);

    /// <summary>A path has one, too: the machine that a daemon runs on.</summary>
    public static IEnumerable<string> HostsOf(StorageElement storage) =>
        (storage.Spec.Endpoints ?? []).Select(e => Endpoint.TryParse(e.Url, out var url, out _) ? url.Host : null).OfType<string>().Distinct();

    public static IEnumerable<string> SecretsOf(StorageElement storage) =>
        storage.Spec.CredentialsSecretRef is { } keys ? [$"{storage.Metadata.NamespaceProperty}/{keys.Name}"] : [];

    public static IEnumerable<string> SecretsOf(RucioInstance instance)
    {
        var (database, external) = (instance.Spec.Database, instance.Spec.External);
        foreach (var key in SecretsOfServers(instance))
        {
            yield return key;
        }
        foreach (var name in InstanceSecrets.Of(instance.Spec).Select(s => s.Secret).Distinct())
        {
            yield return $"{instance.Metadata.NamespaceProperty}/{name}";
        }
        foreach (var reference in (SecretRef?[])[external?.CredentialsSecretRef, external?.CaSecretRef, database?.Existing?.CredentialsSecretRef, database?.Existing?.CaSecretRef, database?.Provision?.AdminSecretRef, database?.Provision?.CaSecretRef, instance.Spec.Transfers?.CredentialSecretRef, .. OidcSecrets(instance)])
        {
            if (reference is not null)
            {
                yield return $"{instance.Metadata.NamespaceProperty}/{reference.Name}";
            }
        }
        if (database?.CloudNativePG is not null)
        {
            var cluster = InstanceNames.Of(instance).Postgres;
            yield return $"{instance.Metadata.NamespaceProperty}/{cluster}-app";
            yield return $"{instance.Metadata.NamespaceProperty}/{cluster}-ca";
        }
    }

    private static IEnumerable<SecretRef?> OidcSecrets(RucioInstance instance) =>
        (instance.Spec.Oidc?.Issuers ?? []).SelectMany(issuer => (SecretRef?[])[issuer.ClientSecretRef, issuer.ScimSecretRef]);

    public static IEnumerable<string> MapsOf(RucioInstance instance) =>
        (instance.Spec.Trust?.CaBundles ?? []).Where(b => b.Kind == CaBundleKind.ConfigMap).Select(b => $"{instance.Metadata.NamespaceProperty}/{b.Name}")
            .Concat((instance.Spec.PolicyPackages ?? []).Select(p => p.ConfigMapRef).OfType<LocalRef>().Select(r => $"{instance.Metadata.NamespaceProperty}/{r.Name}"));

    private static IEnumerable<string> SecretsOfServers(RucioInstance instance) =>
        (instance.Spec.Trust?.CaBundles ?? []).Where(b => b.Kind == CaBundleKind.Secret).Select(b => b.Name)
            .Concat(Exposure.Servers(instance.Spec).Where(s => s.Spec.Tls is not null).Select(s => Exposure.TlsSecret(InstanceNames.Of(instance), s.Component, s.Spec.Tls!)))
            .Distinct().Select(name => $"{instance.Metadata.NamespaceProperty}/{name}");

    public static IEnumerable<string> SecretsOf(VirtualOrganisation vo) =>
        (vo.Spec.Accounts ?? []).SelectMany(a => a.Identities ?? []).Select(i => i.SecretRef).Append(vo.Spec.Transfers?.CredentialSecretRef)
            .OfType<SecretRef>().Select(s => s.Name).Distinct().Select(name => $"{vo.Metadata.NamespaceProperty}/{name}");
}
