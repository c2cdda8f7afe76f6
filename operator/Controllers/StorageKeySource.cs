using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>What a StorageElement's Secret comes to: one answer for the instance, which renders it, and for the storage, which tells of it.</summary>
internal static class StorageKeySource
{
    public const string Field = "spec.credentialsSecretRef";

    /// <summary>Neither: the storage asks for none.</summary>
    public static async Task<(StorageKeys? Keys, Outcome? Problem)> ReadAsync(StorageElement storage, IReferencedSecrets references, CancellationToken ct)
    {
        if (storage.Spec.CredentialsSecretRef is not { } reference)
        {
            return default;
        }
        if (StatusPass.Invalid(StorageElementRules.Validate(storage)) is { } invalid)
        {
            return (null, invalid);
        }
        var key = new ObjectKey(storage.Metadata.NamespaceProperty, reference.Name);
        try
        {
            if (await references.ReadAsync(key, ct) is not { } data)
            {
                return (null, new Outcome.Blocked("SecretNotFound", $"{Field}: Secret {key} does not exist"));
            }
            var (keys, reason, fault) = StorageKeys.Read(StorageKeys.ServiceOf(DesiredStorage.For(storage))!, data);
            return keys is not null ? (keys, null) : (null, new Outcome.Blocked(reason!, $"{Field}: Secret {key} {fault}"));
        }
        catch (KubeApiException error)
        {
            // One tenant's namespace: the instance and all other storages go on.
            return (null, new Outcome.Failed(error));
        }
    }
}
