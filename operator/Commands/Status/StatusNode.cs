using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Runtime;
using Types = RucioOperator.Status.Conditions;

namespace RucioOperator.Commands.Status;

/// <summary>One resource in the tree, read from its status alone.</summary>
/// <param name="Resource">Null: something below refers to it, and it isn't there or can't be read.</param>
/// <param name="Missing">Then, which of the two.</param>
public sealed record StatusNode(string Kind, ObjectKey Key, IRucioResource? Resource, string? Missing, IReadOnlyList<StatusNode> Children)
{
    /// <summary>The operator has not looked at this spec, or at no spec of it yet.</summary>
    private const string NotSeenReason = "NotSeenYet";

    public static StatusNode Of(IRucioResource resource, IReadOnlyList<StatusNode> children) => new(resource.Kind, ObjectKey.Of(resource), resource, null, children);

    public IReadOnlyList<V1Condition> Conditions => Resource?.CommonStatus?.Conditions ?? [];

    public bool IsReady => Ready == "True";

    /// <summary>True, False or Unknown. Of a spec that nobody has looked at: Unknown.</summary>
    public string Ready => Resource is null || !IsSeen ? "Unknown" : Condition(Types.Ready)?.Status ?? "Unknown";

    public string Reason => this switch
    {
        { Resource: null } => Missing!,
        { Resource.Metadata.DeletionTimestamp: not null } => "Deleting",
        _ when Condition(Types.Suspended) is { Status: "True" } => Types.Suspended,
        { IsSeen: false } => NotSeenReason,
        _ => Condition(Types.Ready)?.Reason ?? NotSeenReason,
    };

    public string Message => this switch
    {
        { Resource: null } => $"{Kind} {Key} {(Missing == StatusTree.Forbidden ? "can't be read with your rights" : "does not exist")}",
        _ when Condition(Types.Suspended) is { Status: "True" } suspended => suspended.Message,
        { IsSeen: false } => $"the operator has not looked at generation {Resource!.Metadata.Generation} yet",
        _ => Condition(Types.Ready)?.Message ?? "",
    };

    /// <summary>Its spec can never work as it is: somebody must edit it.</summary>
    public bool IsStalled => IsSeen && Condition(Types.Stalled) is { Status: "True" };

    /// <summary>Beside the way to Ready, and not as they should be: advice, checks, storages that daemons don't know yet.</summary>
    public IEnumerable<V1Condition> Remarks => Conditions.Where(c => c.Type is not (Types.Ready or Types.Reconciling or Types.Stalled or Types.Suspended)
        && (StatusWords.IsTrouble(c.Type) ? c.Status == "True" : c.Status != "True"));

    /// <summary>What a dry run came to; null: none was asked for.</summary>
    public PlanStatus? Pending => Resource?.CommonStatus?.Plan is { Changes: > 0 } plan ? plan : null;

    public IEnumerable<Expiry> Expiries => Resource is null ? [] : Expiry.Of(Resource);

    public IEnumerable<StatusNode> Self => [this, .. Children.SelectMany(child => child.Self)];

    private bool IsSeen => Resource?.CommonStatus is { Conditions.Count: > 0 } status && (status.ObservedGeneration ?? 0) >= (Resource.Metadata.Generation ?? 0);

    private V1Condition? Condition(string type) => Conditions.FirstOrDefault(c => c.Type == type);
}
