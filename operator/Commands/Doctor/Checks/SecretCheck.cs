using RucioOperator.Api;
using RucioOperator.Controllers;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>Secrets and ConfigMaps that are only handed on: they are there, with the entries that are read. Those that can be tried have checks of their own.</summary>
internal static class SecretCheck
{
    public static async Task OfInstanceAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        var ns = instance.Metadata.NamespaceProperty;
        foreach (var (field, secret, key) in InstanceSecrets.Of(instance.Spec))
        {
            await EntryAsync(new(ns, secret), key, field, tools, notes, ct);
        }
        foreach (var (pull, place) in (instance.Spec.Images?.PullSecrets ?? []).Select((p, n) => (p, n)))
        {
            await EntryAsync(new(ns, pull.Name), ".dockerconfigjson", $"spec.images.pullSecrets[{place}]", tools, notes, ct);
        }
        foreach (var (package, place) in (instance.Spec.PolicyPackages ?? []).Select((p, n) => (p, n)).Where(p => p.p.ConfigMapRef is not null))
        {
            var (key, field) = (new ObjectKey(ns, package.ConfigMapRef!.Name), $"spec.policyPackages[{place}].configMapRef");
            await TryAsync(notes, async () =>
            {
                if (await tools.Maps.ReadAsync(key, ct) is null)
                {
                    notes.Error("ConfigMapNotFound", $"{field}: ConfigMap {key} does not exist");
                }
                else
                {
                    notes.Ok($"{field}: ConfigMap {key} is there");
                }
            });
        }
    }

    /// <summary>Passwords that accounts are given.</summary>
    public static async Task OfVoAsync(VirtualOrganisation vo, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        foreach (var account in vo.Spec.Accounts ?? [])
        {
            foreach (var (identity, place) in (account.Identities ?? []).Select((i, n) => (i, n)).Where(i => i.i.SecretRef is not null))
            {
                await EntryAsync(new(vo.Metadata.NamespaceProperty, identity.SecretRef!.Name), "password", $"spec.accounts[{account.Name}].identities[{place}].secretRef", tools, notes, ct);
            }
        }
    }

    /// <summary>Keys of an object store.</summary>
    public static async Task OfStorageAsync(StorageElement storage, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        switch (await StorageKeySource.ReadAsync(storage, tools.Secrets, ct))
        {
            case { Problem: Outcome.Blocked blocked }:
                notes.Error(blocked.Reason, blocked.Message);
                break;
            case { Problem: Outcome.Failed { Error: KubeApiException error } }:
                throw error;
            case { Keys: not null }:
                notes.Ok($"{StorageKeySource.Field}: Secret {storage.Metadata.NamespaceProperty}/{storage.Spec.CredentialsSecretRef!.Name} has the keys that Rucio signs URLs with");
                break;
        }
    }

    private static Task EntryAsync(ObjectKey key, string entry, string field, DoctorTools tools, Notes notes, CancellationToken ct) => TryAsync(notes, async () =>
    {
        await tools.Secrets.RequireAsync(key, entry, field, ct);
        notes.Ok($"{field}: Secret {key} has {entry}");
    });

    /// <summary>One that is missing does not hide the next.</summary>
    private static async Task TryAsync(Notes notes, Func<Task> look)
    {
        try
        {
            await look();
        }
        catch (SecretProblem problem)
        {
            notes.Error(problem.Reason, problem.Message);
        }
        catch (NotAtHandException unknown)
        {
            notes.NotChecked(unknown.Reason, unknown.Message);
        }
    }
}
