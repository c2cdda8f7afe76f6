using RucioOperator.Api;
using RucioOperator.Controllers;
using RucioOperator.Controllers.Stages;
using RucioOperator.Runtime;
using TransfersStage = RucioOperator.Controllers.VoStages.TransfersStage;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>Who refers to whom, and may.</summary>
internal static class ReferenceCheck
{
    public static async Task InstanceOfVoAsync(VirtualOrganisation vo, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        var (key, ns) = (Indexes.InstanceOf(vo), vo.Metadata.NamespaceProperty);
        var instance = await tools.InstanceAsync(key, ct);
        var labels = instance?.Spec.Tenancy?.AllowedNamespaces?.From == NamespacesFrom.Selector ? await tools.LabelsAsync(ns, ct) : null;
        switch (Tenancy.Refuses(vo, instance, () => labels))
        {
            case Outcome.Blocked blocked:
                notes.Error(blocked.Reason, blocked.Message);
                return;
            case Outcome.Rejected rejected:
                notes.Error(rejected.Reason, rejected.Message);
                return;
        }
        notes.Ok($"RucioInstance {key} takes VOs of namespace {ns}");
        if (Transfers(vo, instance!) is { } notOffered)
        {
            notes.Error(notOffered.Reason, notOffered.Message);
        }
        if (vo.Spec.PolicyPackageName is { } package && !PolicyStage.Offers(instance!, vo))
        {
            notes.Error("PolicyPackageNotOffered", $"spec.policyPackageName: RucioInstance {key} offers no policy package {package} to namespace {ns}", "leave the field out, or have the platform engineer offer it in spec.policyPackages");
        }
        if (vo.Spec.Membership is not null && Members.Refusal(vo, instance!, out _) is { } refusal)
        {
            notes.Error(refusal.Reason, refusal.Message, "have the platform engineer grant the groups in spec.oidc.issuers of the RucioInstance");
        }
    }

    public static async Task VoOfStorageAsync(StorageElement storage, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        var key = Indexes.VoOf(storage);
        if (await tools.VoAsync(key, ct) is null)
        {
            notes.Error(StorageGuards.VoNotFound, $"spec.voRef: VirtualOrganisation {key} does not exist");
        }
        else
        {
            notes.Ok($"VirtualOrganisation {key} is there");
        }
    }

    private static Outcome.Blocked? Transfers(VirtualOrganisation vo, RucioInstance instance) =>
        instance.Spec.External is not null && vo.Spec.Transfers?.CredentialSecretRef is not null
            ? new(TransfersStage.ExternalInstance, $"spec.transfers.credentialSecretRef: RucioInstance {ObjectKey.Of(instance)} is run by somebody else, who keeps proxies for it: leave it out")
            : TransfersStage.NotOffered(vo, instance);
}
