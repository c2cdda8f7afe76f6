using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace RucioOperator.Api;

/// <summary>Group and version of the three kinds.</summary>
public static class ApiGroup
{
    public const string Name = "rucio.cern.ch";
    public const string Version = "v1alpha1";
    public const string ApiVersion = Name + "/" + Version;

    /// <summary>Plan into status, change nothing: value <c>"true"</c>.</summary>
    public const string DryRunAnnotation = Name + "/dry-run";

    /// <summary>Any new value asks for a pass now; echoed as <c>status.lastHandledReconcileAt</c>.</summary>
    public const string ReconcileAtAnnotation = Name + "/reconcile-at";

    /// <summary>Must hold the instance's name before <c>deletionPolicy: Delete</c> drops a catalogue.</summary>
    public const string ConfirmDeleteAnnotation = Name + "/confirm-delete";

    /// <summary>Any new value asks for a new database password; echoed as <c>status.lastHandledPasswordRotation</c>.</summary>
    public const string RotatePasswordAnnotation = Name + "/rotate-database-password";

    /// <summary>On a RucioInstance: any new value asks for new logins of super_root and of root in each VO; echoed as <c>status.lastHandledRootRotation</c>.</summary>
    public const string RotateRootAnnotation = Name + "/rotate-root-credential";

    /// <summary>Any new value on a VO asks for new passwords in all Secrets the operator generated for its accounts; echoed as <c>status.lastHandledLoginRotation</c>.</summary>
    public const string RotateLoginsAnnotation = Name + "/rotate-logins";

    /// <summary>Id of a cluster that is gone for good: what its operator held may be taken at once.</summary>
    public const string TakeOverAnnotation = Name + "/take-over-catalogue";
}

/// <summary>A custom resource of this group as the runtime and the writers see it.</summary>
public interface IRucioResource : IKubernetesObject<V1ObjectMeta>
{
    bool Suspended { get; }
    ResourceStatus? CommonStatus { get; }
}

/// <summary>What every status carries; conditions are keyed by type.</summary>
public abstract record ResourceStatus
{
    public long? ObservedGeneration { get; init; }
    public IReadOnlyList<V1Condition>? Conditions { get; init; }
    public string? LastHandledReconcileAt { get; init; }

    /// <summary>The last dry run; absent when none was asked for.</summary>
    public PlanStatus? Plan { get; init; }
}

/// <summary>At most 50 entries in text, the rest as a count.</summary>
public sealed record PlanStatus
{
    public int Changes { get; init; }
    public IReadOnlyList<string>? Entries { get; init; }
}

/// <summary>A Secret in the same namespace, read by name.</summary>
public sealed record SecretRef
{
    public string Name { get; set; } = "";
}

public sealed record LocalRef
{
    public string Name { get; set; } = "";
}

public sealed record NamespacedRef
{
    public string Name { get; set; } = "";

    /// <summary>Absent: the namespace of the referring object.</summary>
    public string? Namespace { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<DriftPolicy>))]
public enum DriftPolicy { Heal, Report }

[JsonConverter(typeof(JsonStringEnumConverter<ManagementPolicy>))]
public enum ManagementPolicy { Full, ObserveOnly }
