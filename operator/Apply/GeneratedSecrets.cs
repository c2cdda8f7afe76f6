using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>
/// Credentials the operator invents: made once, changed only where somebody asks for it, without ownerReference, so that they outlive
/// the resource under Retain. Created before anything uses them; a killed operator finds its own again.
/// </summary>
public sealed class GeneratedSecrets(KubeApi api, ReferencedSecrets secrets, Func<int, string> randomText, ILogger logger)
{
    private const string FieldManager = "rucio-operator/credentials";

    /// <summary>Letters and digits: safe in URLs, configuration files and headers.</summary>
    public static string RandomText(int length) => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);

    /// <summary>Those that were made with these labels.</summary>
    public IReadOnlyList<ObjectKey> Find(string ns, IReadOnlyDictionary<string, string> labels) => secrets.Find(ns, labels);

    /// <summary>Null when there is none yet.</summary>
    public async Task<IReadOnlyDictionary<string, string>?> FindAsync(ObjectKey key, CancellationToken ct) =>
        await secrets.ReadAsync(key, ct) is { } existing ? Text(existing) : null;

    /// <param name="labels">Of the new one; one that is there must be of the same component, or it is somebody else's, whatever its name.</param>
    /// <param name="make">Called only when there is none yet.</param>
    /// <exception cref="SecretProblem">NameTaken: it is not one of these, and is neither read nor changed.</exception>
    public async Task<IReadOnlyDictionary<string, string>> EnsureAsync(ObjectKey key, IReadOnlyDictionary<string, string> labels, Func<Func<int, string>, IReadOnlyDictionary<string, string>> make, CancellationToken ct, string type = "Opaque")
    {
        if (await secrets.ReadAsync(key, ct) is { } existing)
        {
            return IsOurs(labels, label => secrets.Label(key, label)) ? Text(existing) : throw Taken(key);
        }
        var secret = new V1Secret
        {
            ApiVersion = "v1",
            Kind = "Secret",
            Metadata = new V1ObjectMeta { Name = key.Name, NamespaceProperty = key.Namespace, Labels = new Dictionary<string, string>(labels) },
            Type = type,
            Data = make(randomText).ToDictionary(e => e.Key, e => Encoding.UTF8.GetBytes(e.Value)),
        };
        try
        {
            var made = await api.CreateAsync(secret, FieldManager, ct);
            ApplyLog.Credential(logger, "Made", key);
            return Text(made.Data);
        }
        catch (KubeApiException error) when (error.Kind is KubeErrorKind.AlreadyExists or KubeErrorKind.Conflict)
        {
            // The watch has not told yet.
            var theirs = await api.GetAsync<V1Secret>(key, ct);
            return theirs switch
            {
                null => throw new KubeApiException(KubeErrorKind.Conflict, $"create Secret {key}", "it came and went"),
                _ when !IsOurs(labels, label => theirs.Metadata.Labels is { } has && has.TryGetValue(label, out var value) ? value : null) => throw Taken(key),
                _ => Text(theirs.Data),
            };
        }
    }

    private static bool IsOurs(IReadOnlyDictionary<string, string> labels, Func<string, string?> has) => has(Labels.ManagedBy) == Labels.Operator && has(Labels.Component) == labels[Labels.Component];

    private static SecretProblem Taken(ObjectKey key) => new("NameTaken", $"Secret {key} is there and is not what the operator would make under this name: delete or rename it, or choose another name for the resource");

    /// <summary>Changes entries of one that is there; null removes an entry. One write, so nobody sees half of it.</summary>
    /// <exception cref="KubeApiException">Conflict: somebody else changed it since <paramref name="seen"/> was read.</exception>
    public async Task<IReadOnlyDictionary<string, string>> ChangeAsync(V1Secret seen, IReadOnlyDictionary<string, string?> changes, CancellationToken ct)
    {
        var data = new JsonObject(changes.Select(c => KeyValuePair.Create(c.Key, c.Value is null ? null : (JsonNode?)Convert.ToBase64String(Encoding.UTF8.GetBytes(c.Value)))));
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = seen.Metadata.ResourceVersion }, ["data"] = data };
        var changed = await api.MergePatchAsync<V1Secret>(ObjectKey.Of(seen), patch, FieldManager, ct);
        secrets.Written(changed);
        ApplyLog.Credential(logger, "Changed", ObjectKey.Of(seen));
        return Text(changed.Data);
    }

    /// <summary>As it is on the server now, not as the watch last told.</summary>
    public async Task<(V1Secret Secret, IReadOnlyDictionary<string, string> Entries)?> LookAsync(ObjectKey key, CancellationToken ct) =>
        await api.GetAsync<V1Secret>(key, ct) is { } live ? (live, Text(live.Data)) : null;

    public string Random(int length) => randomText(length);

    public async Task DeleteAsync(ObjectKey key, CancellationToken ct)
    {
        await api.DeleteAsync<V1Secret>(key, uid: null, ct);
        ApplyLog.Credential(logger, "Deleted", key);
    }

    public static Dictionary<string, string> LabelsOf(string instance) => Labels.Of(instance, "credentials");

    private static Dictionary<string, string> Text(IEnumerable<KeyValuePair<string, byte[]>> data) => data.ToDictionary(e => e.Key, e => Encoding.UTF8.GetString(e.Value));
}
