using RucioOperator.Desired;

namespace RucioOperator.Apply;

/// <summary>What the applier writes on every child.</summary>
public static class ChildMarks
{
    public const string ManagedByLabel = Labels.ManagedBy;
    public const string ManagedBy = Labels.Operator;

    /// <summary>Selects all children of all owners.</summary>
    public const string Selector = ManagedByLabel + "=" + ManagedBy;

    /// <summary>Uid of the owner; also where an ownerReference can't be (another namespace) or mustn't (retained).</summary>
    public const string OwnerLabel = "rucio.cern.ch/owner-uid";

    /// <summary>Kind/namespace/name of the owner: a retained child is taken up again by the owner of the same name only.</summary>
    public const string OwnerAnnotation = "rucio.cern.ch/owner";

    /// <summary>Which of the owner's groups of children it belongs to.</summary>
    public const string SetAnnotation = "rucio.cern.ch/applied-set";

    /// <summary>Of what was applied last, this annotation aside.</summary>
    public const string HashAnnotation = "rucio.cern.ch/applied-hash";

    /// <summary>Never pruned.</summary>
    public const string RetainAnnotation = Labels.RetainAnnotation;
}
