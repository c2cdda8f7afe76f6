using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>May this namespace use this instance, and is the instance ready for it? First rule that fits wins.</summary>
/// <param name="sees">Whether what is in a namespace is seen by this operator.</param>
public sealed class Tenancy(Informer<RucioInstance> instances, Informer<PartialObject> namespaces, Func<string, bool> sees)
{
    public const string InstanceNotFound = nameof(InstanceNotFound);
    public const string NamespaceNotAllowed = nameof(NamespaceNotAllowed);
    public const string InstanceNotReady = nameof(InstanceNotReady);
    public const string LimitExceeded = nameof(LimitExceeded);
    public const string InstanceHibernates = nameof(InstanceHibernates);

    /// <summary>Null: go ahead. All wait for an event of the instance or the namespace.</summary>
    public Outcome? Refuses(VirtualOrganisation vo, out RucioInstance? instance)
    {
        var (key, ns) = (Indexes.InstanceOf(vo), vo.Metadata.NamespaceProperty);
        instance = instances.Store.Get(key);
        if (instance is null && !sees(key.Namespace))
        {
            return new Outcome.Blocked(InstanceNotFound, $"spec.instanceRef.namespace: this operator does not watch namespace {key.Namespace}, or has no Role there: its platform engineer adds it to the option namespaces");
        }
        return Refuses(vo, instance, () => namespaces.Store.Get(new ObjectKey("", ns))?.Metadata.Labels);
    }

    /// <param name="labelsOf">Of the VO's namespace; null where it is not there.</param>
    public static Outcome? Refuses(VirtualOrganisation vo, RucioInstance? instance, Func<IDictionary<string, string>?> labelsOf)
    {
        var (key, ns) = (Indexes.InstanceOf(vo), vo.Metadata.NamespaceProperty);
        if (instance is null || instance.Metadata.DeletionTimestamp is not null)
        {
            return new Outcome.Blocked(InstanceNotFound, $"spec.instanceRef: RucioInstance {key} does not exist");
        }
        if (!Allows(instance, ns, labelsOf))
        {
            return new Outcome.Blocked(NamespaceNotAllowed, $"RucioInstance {key} does not allow namespace {ns}: its platform engineer opens it in spec.tenancy.allowedNamespaces");
        }
        if (instance.Spec.MultiVo == (vo.Spec.Tag == BaseVo.Tag))
        {
            return new Outcome.Rejected(ValidationReasons.InvalidField, instance.Spec.MultiVo
                ? $"spec.tag: {BaseVo.Tag} is Rucio's own VO and cannot be a tenant of RucioInstance {key}: choose another"
                : $"spec.tag: RucioInstance {key} serves one experiment (multiVo: false), and its tag is {BaseVo.Tag}");
        }
        if (instance.Spec.Tenancy?.Limits?.Accounts is { } limit && (vo.Spec.Accounts?.Count ?? 0) > limit)
        {
            return new Outcome.Blocked(LimitExceeded, $"spec.accounts: {vo.Spec.Accounts!.Count} accounts, RucioInstance {key} allows {limit}");
        }
        return null;
    }

    /// <summary>The instance is gone, or closed to its namespace: other refusals keep what works working.</summary>
    public bool IsShut(VirtualOrganisation vo) => Refuses(vo, out _) is Outcome.Blocked { Reason: InstanceNotFound or NamespaceNotAllowed };

    /// <summary>Null: go on. Else why everything that lives in this instance rests until the instance itself changes.</summary>
    public static string? Pauses(RucioInstance instance) => instance.Spec.Hibernate == true
        ? $"RucioInstance {ObjectKey.Of(instance)} hibernates (spec.hibernate): nothing is looked at or changed until it serves again"
        : null;

    private static bool Allows(RucioInstance instance, string ns, Func<IDictionary<string, string>?> labelsOf)
    {
        if (ns == instance.Metadata.NamespaceProperty)
        {
            return true;
        }
        var allowed = instance.Spec.Tenancy?.AllowedNamespaces ?? new AllowedNamespaces();
        return allowed.From switch
        {
            NamespacesFrom.All => true,
            NamespacesFrom.Selector => labelsOf() is { } labels
                && allowed.MatchLabels is { Count: > 0 } wanted && wanted.All(w => labels.TryGetValue(w.Key, out var value) && value == w.Value),
            _ => false,
        };
    }

    /// <summary>The namespace itself is being deleted, and waits for what is in it.</summary>
    public bool IsTerminating(string ns) => namespaces.Store.Get(new ObjectKey("", ns))?.Metadata.DeletionTimestamp is not null;

    public RucioInstance? InstanceOf(VirtualOrganisation vo) => instances.Store.Get(Indexes.InstanceOf(vo));

    /// <summary>What is not there may just be out of sight.</summary>
    public bool Sees(string ns) => sees(ns);

    /// <summary>The platform engineer names this namespace for the tag.</summary>
    public static bool GrantsByName(RucioInstance instance, VirtualOrganisation vo) => instance.Spec.Tenancy?.Vos?.Any(g => g.Tag == vo.Spec.Tag && g.Namespace == vo.Metadata.NamespaceProperty) == true;

    /// <summary>The one VO of a single-VO Rucio of ours is there from the start: without a grant it is for the first who may use the instance.</summary>
    public static bool Grants(RucioInstance instance, VirtualOrganisation vo) => instance.Spec.Tenancy?.Vos?.FirstOrDefault(g => g.Tag == vo.Spec.Tag) is { } grant
        ? grant.Namespace == vo.Metadata.NamespaceProperty
        : instance.Spec is { MultiVo: false, External: null };
}
