using RucioOperator.Planning;
using RucioOperator.Status;

namespace RucioOperator.Commands.Status;

/// <summary>What a person should do next; messages of conditions name the field or object already.</summary>
internal static class StatusWords
{
    /// <summary>Conditions that are there to tell of something unwished: True is the trouble.</summary>
    private static readonly HashSet<string> Troubles = [StorageConditions.Drifted, StorageConditions.Advised];

    public static bool IsTrouble(string condition) => Troubles.Contains(condition);

    /// <summary>First that fits wins; null: nothing is to be done, or it is to be done above.</summary>
    public static string? NextStep(StatusNode node, StatusNode? parent) => node switch
    {
        { Resource: null, Missing: StatusTree.Forbidden } => null,
        { Resource: null } => $"create {node.Kind} {node.Key}, or correct the reference to it",
        { Resource.Suspended: true } => "set spec.suspend to false to have it looked at again",
        { IsReady: true } => null,
        // Of one out of sight nobody can say that it is the cause.
        _ when parent is { IsReady: false, Missing: not StatusTree.Forbidden } => null,
        // The definitions say -1 where nobody has looked yet.
        { Resource.CommonStatus: null or { ObservedGeneration: < 0 } } => "is the operator running? rucio-operator doctor says so",
        { IsStalled: true } => $"correct it and apply it again: {Explained(node)}",
        _ => Explained(node),
    };

    /// <summary>The message, and below it what the reason means in general.</summary>
    private static string Explained(StatusNode node) => ReasonGuide.For(node.Reason) is { } text ? $"{node.Message} ({text.Replace("`", "", StringComparison.Ordinal)})" : node.Message;
}
