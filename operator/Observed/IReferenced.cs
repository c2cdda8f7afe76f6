using System.Text;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>Secrets that resources name, wherever they come from: a cluster that is followed, or files that are to be applied.</summary>
public interface IReferencedSecrets
{
    /// <summary>Null when there is no such Secret.</summary>
    Task<IReadOnlyDictionary<string, byte[]>?> ReadAsync(ObjectKey key, CancellationToken ct);
}

/// <summary>ConfigMaps that resources name.</summary>
public interface IReferencedMaps
{
    /// <summary>Null when there is no such ConfigMap.</summary>
    Task<IReadOnlyDictionary<string, string>?> ReadAsync(ObjectKey key, CancellationToken ct);
}

public static class ReferencedEntries
{
    /// <exception cref="SecretProblem">No such Secret, or it lacks the key.</exception>
    public static async Task<string> RequireAsync(this IReferencedSecrets secrets, ObjectKey key, string entry, string field, CancellationToken ct)
    {
        var data = await secrets.ReadAsync(key, ct) ?? throw new SecretProblem("SecretNotFound", $"{field}: Secret {key} does not exist");
        return data.TryGetValue(entry, out var value) && value.Length > 0
            ? Encoding.UTF8.GetString(value).TrimEnd('\n', '\r')
            : throw new SecretProblem("SecretKeyMissing", $"{field}: Secret {key} has no key {entry}");
    }
}
