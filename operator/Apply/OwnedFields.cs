using System.Text.Json.Nodes;

namespace RucioOperator.Apply;

/// <summary>
/// The part of a live object that a desired object speaks about. Two versions with the same part differ only in what
/// others own (status, defaults, injected containers); a different part is drift.
/// </summary>
internal static class OwnedFields
{
    // Lists the API merges by key: entries others add are theirs. All other lists are ours as a whole.
    private static readonly Dictionary<string, string[]> Keys = new()
    {
        ["containers"] = ["name"],
        ["initContainers"] = ["name"],
        ["env"] = ["name"],
        ["volumes"] = ["name"],
        ["imagePullSecrets"] = ["name"],
        ["secrets"] = ["name"],
        ["volumeMounts"] = ["mountPath"],
        ["hostAliases"] = ["ip"],
        ["ownerReferences"] = ["uid"],
        ["ports"] = ["containerPort", "port", "protocol"],
    };

    public static JsonNode? Of(JsonNode? desired, JsonNode? live) => Project(desired, live, "");

    private static JsonNode? Project(JsonNode? desired, JsonNode? live, string name) => (desired, live) switch
    {
        (JsonObject shape, JsonObject obj) => new JsonObject(shape.Select(property => KeyValuePair.Create(property.Key, Project(property.Value, obj[property.Key], property.Key)))),
        (JsonArray shape, JsonArray list) when Keys.TryGetValue(name, out var keys) => new JsonArray([.. shape.Select(item => Project(item, Find(list, item, keys), ""))]),
        (JsonArray shape, JsonArray list) => new JsonArray([.. list.Select((item, place) => place < shape.Count ? Project(shape[place], item, "") : item?.DeepClone())]),
        _ => live?.DeepClone(),
    };

    // Keys the desired entry leaves out are defaulted by the server (protocol: TCP) and don't count.
    private static JsonNode? Find(JsonArray list, JsonNode? wanted, string[] keys) =>
        list.FirstOrDefault(item => Array.TrueForAll(keys, key => wanted?[key] is not { } value || JsonNode.DeepEquals(item?[key], value)));
}
