using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>The trusted authorities in the pods of servers and of daemons that speak to storages or FTS: for gfal and davix as a hashed directory, for Python as a bundle.</summary>
public static class Authorities
{
    /// <summary>Where gfal, davix and XRootD look. The images' entrypoints add its *.pem to the system's trust, so that bundle has both.</summary>
    public const string Path = "/etc/grid-security/certificates";

    private const string SystemBundle = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
    private const string HashAnnotation = ApiGroup.Name + "/trust-hash";

    public static V1PodTemplateSpec Trusting(InstanceInputs i, V1PodTemplateSpec template)
    {
        if (!i.Trust.Any)
        {
            return template;
        }
        // Certificates are taken into the system's trust at the start; revocation lists are read where they are.
        template.Metadata.Annotations[HashAnnotation] = Digest.Of(i.Trust.Bundle!, 16);
        template.Spec.Volumes.Add(Fetches(i)
            ? new V1Volume { Name = "trust", Projected = new V1ProjectedVolumeSource { Sources = [.. Directory(i)] } }
            : new V1Volume { Name = "trust", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.Trust } });
        foreach (var container in template.Spec.Containers)
        {
            container.VolumeMounts.Add(new V1VolumeMount { Name = "trust", MountPath = Path, ReadOnlyProperty = true });
            container.Env ??= [];
            container.Env.Add(new V1EnvVar { Name = "X509_CERT_DIR", Value = Path });
            // Python's requests brings its own bundle and looks at no other unless told.
            container.Env.Add(new V1EnvVar { Name = "REQUESTS_CA_BUNDLE", Value = SystemBundle });
        }
        return template;
    }

    /// <summary>For pods without root, which can't write the system's trust (their start would fail at it) and call nobody whom it is about.</summary>
    public static void Forget(V1PodTemplateSpec template)
    {
        template.Metadata.Annotations.Remove(HashAnnotation);
        template.Spec.Volumes = [.. template.Spec.Volumes.Where(v => v.Name != "trust")];
        foreach (var container in template.Spec.Containers)
        {
            container.VolumeMounts = [.. container.VolumeMounts.Where(m => m.Name != "trust")];
            container.Env = [.. container.Env.Where(e => e.Name is not ("X509_CERT_DIR" or "REQUESTS_CA_BUNDLE"))];
        }
    }

    /// <summary>What clients' certificates are verified against: the trusted ones, and the one that proves it.</summary>
    public static V1Volume OfClients(InstanceInputs i) => new()
    {
        Name = "client-ca",
        Projected = new V1ProjectedVolumeSource
        {
            Sources =
            [
                .. Directory(i),
                new V1VolumeProjection { ConfigMap = new V1ConfigMapProjection { Name = i.Names.ProbeAuthority } },
            ],
        },
    };

    private static bool Fetches(InstanceInputs i) => i.Instance.Spec.Trust?.CrlRefresh is not null;

    /// <summary>One directory of several objects, of which those with fetched lists come and go while pods run.</summary>
    private static IEnumerable<V1VolumeProjection> Directory(InstanceInputs i) =>
    [
        new() { ConfigMap = new V1ConfigMapProjection { Name = i.Names.Trust } },
        .. Fetches(i) ? RevocationShards.Letters.Select(l => new V1VolumeProjection { ConfigMap = new V1ConfigMapProjection { Name = i.Names.RevocationLists(l), Optional = true } }) : [],
    ];
}
