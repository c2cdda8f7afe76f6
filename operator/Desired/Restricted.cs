using k8s.Models;
using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>PodSecurity <c>restricted</c>, for all pods of ours.</summary>
internal static class Restricted
{
    public static V1SecurityContext Container(bool readOnlyRoot = true) => new()
    {
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = readOnlyRoot ? true : null,
        Capabilities = new V1Capabilities { Drop = ["ALL"] },
    };

    /// <param name="ownsVolumes">Volumes are made writable for the user's group.</param>
    public static V1PodSecurityContext Pod(long user, bool ownsVolumes = true) => new()
    {
        RunAsNonRoot = true,
        RunAsUser = user,
        RunAsGroup = user,
        FsGroup = ownsVolumes ? user : null,
        SeccompProfile = Seccomp,
    };

    /// <summary>For images that start as root.</summary>
    public static V1PodSecurityContext Unconfined() => new() { SeccompProfile = Seccomp };

    public static List<V1LocalObjectReference>? PullSecrets(RucioInstance instance) => PullSecrets(instance.Spec.Images?.PullSecrets);

    public static List<V1LocalObjectReference>? PullSecrets(IReadOnlyList<LocalRef>? secrets) =>
        secrets?.Select(s => new V1LocalObjectReference { Name = s.Name }).ToList();

    private static V1SeccompProfile Seccomp => new() { Type = "RuntimeDefault" };
}
