using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor;

/// <summary>A manifest set, by what a check asks for.</summary>
public sealed record Found
{
    public IReadOnlyList<RucioInstance> Instances { get; init; } = [];
    public IReadOnlyList<VirtualOrganisation> Vos { get; init; } = [];
    public IReadOnlyList<StorageElement> Storages { get; init; } = [];
    public IReadOnlyDictionary<ObjectKey, IReadOnlyDictionary<string, byte[]>> Secrets { get; init; } = new Dictionary<ObjectKey, IReadOnlyDictionary<string, byte[]>>();
    public IReadOnlyDictionary<ObjectKey, IReadOnlyDictionary<string, string>> Maps { get; init; } = new Dictionary<ObjectKey, IReadOnlyDictionary<string, string>>();

    /// <summary>Those of our kinds that can't be as they are written.</summary>
    public IReadOnlySet<(string Kind, ObjectKey Key)> Unsound { get; init; } = new HashSet<(string, ObjectKey)>();

    /// <summary>Name of a namespace → its labels.</summary>
    public IReadOnlyDictionary<string, IDictionary<string, string>> Namespaces { get; init; } = new Dictionary<string, IDictionary<string, string>>();

    /// <summary>Secret that is to come → kind and name of what it is made of.</summary>
    public IReadOnlyDictionary<ObjectKey, string> Promised { get; init; } = new Dictionary<ObjectKey, string>();

    /// <summary>Kinds and keys of what else is in the set.</summary>
    public IReadOnlySet<(string Kind, ObjectKey Key)> Others { get; init; } = new HashSet<(string, ObjectKey)>();
}
