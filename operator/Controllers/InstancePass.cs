using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Controllers.Stages;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>One pass over one RucioInstance: the stages in order; the first unmet one ends the pass.</summary>
internal sealed class InstancePass(InstanceParts parts, RucioInstance instance)
{
    private static readonly IReadOnlyList<InstanceStage> Stages =
    [
        new(InstanceConditions.KindsServed, KindsStage.RunAsync, Looks: true),
        new(InstanceConditions.DatabaseReady, DatabaseStage.RunAsync, Looks: true),
        new(InstanceConditions.DatabaseReady, PasswordStage.AnnounceAsync),
        new(InstanceConditions.CatalogueReady, CatalogueStage.GuardAsync, Looks: true),
        new(InstanceConditions.CatalogueReady, PhaseStage.RunAsync, Looks: true),
        new(InstanceConditions.OidcReady, OidcStage.RunAsync, Looks: true),
        new(InstanceConditions.TrustLoaded, TrustStage.RunAsync, Looks: true),
        new(TransferConditions.Delegated, TransfersStage.RunAsync, Looks: true),
        new(InstanceConditions.PolicyPackagesReady, PolicyStage.RunAsync, Looks: true),
        new(InstanceConditions.CatalogueReady, InputsStage.RunAsync, Looks: true),
        new(InstanceConditions.CatalogueReady, StorageKeysStage.RunAsync, Looks: true),
        new(InstanceConditions.CatalogueReady, ProxiesStage.RunAsync, Looks: true),
        new(InstanceConditions.CatalogueReady, RseSetStage.DecideAsync, Looks: true),
        new(InstanceConditions.CatalogueReady, ObjectsStage.RunAsync, Looks: true),
        new(InstanceConditions.ApiReady, HibernationStage.RunAsync, Looks: true),
        new(InstanceConditions.CatalogueReady, UpgradeStage.RunAsync),
        new(InstanceConditions.CatalogueReady, CatalogueStage.RunAsync, Looks: true),
        new(InstanceConditions.CredentialsSafe, CredentialsStage.RunAsync, Looks: true),
        new(InstanceConditions.ApiReady, ApiStage.RunAsync, Looks: true),
        new(InstanceConditions.RootCredentialsRotated, RootRotationStage.RunAsync),
        new(InstanceConditions.DaemonsReady, DaemonsStage.RunAsync, Looks: true),
        new(InstanceConditions.DaemonsReady, RseSetStage.TellAsync),
        new(InstanceConditions.FrontendsReady, FrontendsStage.RunAsync),
        new(InstanceConditions.PolicyPackagesReady, PolicyStage.TellAsync),
        new(InstanceConditions.X509Verified, X509Stage.RunAsync),
        new(InstanceConditions.Exposed, ExposureStage.RunAsync),
        new(InstanceConditions.DatabaseReady, PasswordStage.RetireAsync),
    ];

    private static readonly IReadOnlyList<InstanceStage> ExternalStages =
    [
        new(InstanceConditions.ApiReady, ExternalStage.RunAsync),
        new(InstanceConditions.RootCredentialsRotated, RootRotationStage.TellExternalAsync),
    ];

    private readonly InstanceWork _work = new(parts, instance);
    private string _condition = instance.Spec.External is null ? InstanceConditions.DatabaseReady : InstanceConditions.ApiReady;

    public Report Report => _work.Report;

    private bool IsExternal => instance.Spec.External is not null;

    public async Task RunAsync(CancellationToken ct)
    {
        if (Guard() is { } refused)
        {
            Report.End(refused);
            return;
        }
        foreach (var stage in IsExternal ? ExternalStages : Stages.Where(s => s.Looks || !_work.OnlyLooks))
        {
            _condition = stage.Condition;
            using var span = RuntimeTracing.Part("stage", stage.Condition);
            switch (await stage.RunAsync(_work, ct))
            {
                case null:
                    continue;
                case Outcome.Done early:
                    Report.End(early);
                    return;
                case var unmet:
                    Report.Stop(_condition, unmet);
                    return;
            }
        }
        var drift = parts.NextDriftPass();
        Report.End(new Outcome.Done(_work.Soonest is { } sooner && sooner < drift ? sooner : drift));
    }

    public void Fail(Exception error) => Report.Stop(_condition, error switch
    {
        // A person must act, at the database or on the Secret; a Secret's change wakes us, a grant does not.
        DatabaseFault { IsTransient: false } fault => new Outcome.Blocked(fault.Reason, fault.Message, TimeSpan.FromSeconds(30)),
        SecretProblem missing => new Outcome.Blocked(missing.Reason, missing.Message),
        RucioRejectedException refused => new Outcome.Blocked(refused.Reason, refused.Message, TimeSpan.FromSeconds(10)),
        _ => new Outcome.Failed(error),
    });

    /// <summary>First rule that fits wins.</summary>
    private Outcome? Guard()
    {
        if (StatusPass.Invalid(RucioInstanceRules.Validate(instance)) is { } invalid)
        {
            return invalid;
        }
        if (IsExternal)
        {
            // What runs there is its owner's choice, and nothing of it is planned here.
            return null;
        }
        if (ReleaseCatalogue.Find(instance.Spec.Version) is { Found: false, Error: var unknown })
        {
            return new Outcome.Rejected("UnknownVersion", $"spec.version: {unknown}");
        }
        if (StatusPass.Invalid(DaemonFaults.Find(instance.Spec, _work.Release)) is { } daemons)
        {
            return daemons;
        }
        return null;
    }

    /// <summary>deletionPolicy Delete: workloads first, then what was provisioned, the credentials last, since dropping needs them.</summary>
    public async Task DeleteAsync(CancellationToken ct)
    {
        if (DeletionBlocked() is { } blocked)
        {
            Report.Stop(_condition, blocked);
            return;
        }
        await parts.Applier.ApplyAsync(instance, InstanceController.Name, "instance", [], ct);
        await parts.Databases.DropAsync(instance, ct);
        // With them the roots of its VOs: their catalogue is gone.
        foreach (var secret in parts.Secrets.Find(_work.Names.Namespace, GeneratedSecrets.LabelsOf(_work.Names.Instance)))
        {
            await parts.Secrets.DeleteAsync(secret, ct);
        }
    }

    /// <summary>First rule that fits wins; null: nothing stands in the way of dropping the catalogue.</summary>
    private Outcome? DeletionBlocked()
    {
        var (vos, name) = (_work.Vos.Count, _work.Names.Instance);
        if (vos > 0)
        {
            return new Outcome.Blocked("VirtualOrganisationsExist", $"deletionPolicy Delete waits until no VirtualOrganisation refers to this instance; {vos} do");
        }
        return instance.Metadata.Annotations is { } annotations && annotations.TryGetValue(ApiGroup.ConfirmDeleteAnnotation, out var confirmed) && confirmed == name
            ? null
            : new Outcome.Blocked("DeletionNotConfirmed", $"deletionPolicy Delete drops the catalogue for good: confirm with annotation {ApiGroup.ConfirmDeleteAnnotation}: {name}, or set spec.deletionPolicy to Retain");
    }

    public Task ReportSuspendedAsync(CancellationToken ct)
    {
        parts.Transfers.Keeper.Rest(TransfersStage.HolderOf(_work.Key), _work.Key);
        parts.Revocation.Forget(_work.Key);
        return StatusPass.SuspendAsync(instance, parts.Status, parts.Events, parts.Time, (i, s) => i with { Status = (i.Status ?? new()) with { Conditions = s } }, ct);
    }

    public async Task ReportAsync(CancellationToken ct)
    {
        var database = parts.Connections.FindCatalogue(_work.Key)?.Access.Address;
        var (vos, version) = (_work.Vos.Count, IsExternal ? _work.External?.Version : instance.Spec.Version);
        var status = new RucioInstanceStatus
        {
            ObservedGeneration = instance.Metadata.Generation,
            Conditions = _work.Phase == InstancePhase.Hibernated
                ? Report.Conditions(InstanceConditions.All, "Hibernated: servers and daemons are at 0, the catalogue stays", HibernationStage.Hibernated)
                : Report.Conditions(IsExternal ? InstanceConditions.External : InstanceConditions.All, $"Rucio {version} serves {vos} VOs"),
            Plan = _work.Mode == PassMode.DryRun && _work.Plan is { } plan ? StatusPass.Describe(plan) : null,
            LastHandledReconcileAt = StatusPass.Token(instance),
            LastHandledPasswordRotation = parts.Connections.FindCatalogue(_work.Key)?.Rotation is { Retiring: false } rotation ? rotation.Token : instance.Status?.LastHandledPasswordRotation,
            LastHandledRootRotation = _work.RotatedRoots ?? instance.Status?.LastHandledRootRotation,
            Version = Report.Outcome is Outcome.Done && _work.Phase == InstancePhase.Running ? version : instance.Status?.Version,
            Url = instance.Spec.External?.ApiUrl ?? Exposure.ApiUrl(instance.Spec, _work.Names),
            AuthUrl = _work.AuthUrl,
            WebuiUrl = instance.Spec.Webui is { } webui ? Exposure.Url(webui) : null,
            TraceUrl = instance.Spec.Trace is { Host: not null } trace ? Exposure.Url(trace) : null,
            Vos = vos,
            PolicyPackages = _work.PolicyStatus,
            Transfers = _work.TransfersStatus,
            AlembicRevision = _work.Snapshot?.AlembicRevision ?? instance.Status?.AlembicRevision,
            Database = database is null ? instance.Status?.Database : new DatabaseStatus { Mode = instance.Status?.Database?.Mode ?? instance.Spec.Database.Mode, Host = $"{database.Host}:{database.Port}", Name = database.Name, Schema = database.Schema },
        };
        await StatusPass.WriteAsync(instance, instance with { Status = status }, parts.Status, parts.Events, ct);
    }
}
