using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>
/// rse-accounts.cfg: keys by RSE id, in one Secret for all who sign URLs. Nobody is restarted for it, however often tenants change their keys:
/// Rucio opens the file whenever memcached has forgotten a storage's keys, after 15 minutes (lib/rucio/core/credential.py), and the kubelet
/// renews the files of a mounted folder.
/// </summary>
public static class RseAccounts
{
    public const string File = "rse-accounts.cfg";

    /// <summary>Bytes; Kubernetes takes 1 MiB in a Secret.</summary>
    public const int Most = 1_000_000;

    /// <summary>
    /// Rucio looks into <c>etc</c> below several variables of the environment (lib/rucio/common/config.py, get_config_dirs), the last file it
    /// finds wins. This one serves nothing else in the images; a file mounted into /opt/rucio/etc itself (subPath) would never be renewed.
    /// </summary>
    private const string Variable = "CONDA_PREFIX";
    private const string Home = "/opt/rucio/rse-accounts";

    /// <summary>The public API for its users, and daemons that delete or read by signed URLs; transfers are FTS's, with keys of its own.</summary>
    private static bool IsReadBy(InstanceInputs i, string program) =>
        program == "api" || i.Release.Daemons.TryGetValue(program, out var daemon) && daemon.SignsUrls;

    public static IEnumerable<V1EnvVar> Environment(InstanceInputs i, string program) =>
        IsReadBy(i, program) ? [new V1EnvVar { Name = Variable, Value = Home }] : [];

    public static IEnumerable<V1VolumeMount> Mounts(InstanceInputs i, string program) =>
        IsReadBy(i, program) ? [new V1VolumeMount { Name = "rse-accounts", MountPath = $"{Home}/etc", ReadOnlyProperty = true }] : [];

    public static IEnumerable<V1Volume> Volumes(InstanceInputs i, string program) =>
        IsReadBy(i, program) ? [new V1Volume { Name = "rse-accounts", Secret = new V1SecretVolumeSource { SecretName = i.Names.RseAccounts } }] : [];

    public static JsonObject Content(InstanceInputs i) =>
        new(i.StorageKeys.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => KeyValuePair.Create(k.Key, JsonNode.Parse(k.Value.Json))));

    private static readonly ConditionalWeakTable<V1Secret, IReadOnlyDictionary<string, StorageKeys>> Parsed = [];

    /// <summary>What was rendered before, by RSE id; nothing where the text is not ours. Once for one and the same object: each VO's storages ask.</summary>
    public static IReadOnlyDictionary<string, StorageKeys> Parse(V1Secret? secret) =>
        secret is null ? new Dictionary<string, StorageKeys>() : Parsed.GetValue(secret, static s => ParseText(s));

    private static Dictionary<string, StorageKeys> ParseText(V1Secret secret)
    {
        try
        {
            return secret.Data?.TryGetValue(File, out var text) == true && JsonNode.Parse(text) is JsonObject entries
                ? entries.Where(e => e.Value is JsonObject).ToDictionary(e => e.Key, e => new StorageKeys(e.Value!.ToJsonString()))
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>The next content: who is in it stays before anybody new comes, and nobody makes it larger than a Secret may be.</summary>
    /// <param name="wanted">By RSE id, in the order in which they are let in; null: what is there stays, if there is anything.</param>
    public static IReadOnlyDictionary<string, StorageKeys> Next(IReadOnlyDictionary<string, StorageKeys> present, IReadOnlyList<(string RseId, StorageKeys? Keys)> wanted)
    {
        var next = new Dictionary<string, StorageKeys>(StringComparer.Ordinal);
        foreach (var (id, _) in wanted.Where(w => present.ContainsKey(w.RseId)))
        {
            next[id] = present[id];
        }
        var size = SizeOf(next);
        foreach (var (id, keys) in wanted.Where(w => w.Keys is not null))
        {
            var more = SizeOf(id, keys!) - (next.TryGetValue(id, out var before) ? SizeOf(id, before) : 0);
            if (size + more <= Most)
            {
                next[id] = keys!;
                size += more;
            }
        }
        return next;
    }

    public static bool HasRoom(IReadOnlyDictionary<string, StorageKeys> present, string rseId, StorageKeys keys) =>
        SizeOf(present) - (present.TryGetValue(rseId, out var before) ? SizeOf(rseId, before) : 0) + SizeOf(rseId, keys) <= Most;

    private static int SizeOf(IReadOnlyDictionary<string, StorageKeys> entries) => 2 + entries.Sum(e => SizeOf(e.Key, e.Value));

    /// <summary>Texts are ASCII, and so is their JSON.</summary>
    private static int SizeOf(string rseId, StorageKeys keys) => rseId.Length + keys.Json.Length + 4;
}
