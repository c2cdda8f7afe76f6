using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Apply.Transfers;
using RucioOperator.Catalogue;
using RucioOperator.Controllers.VoStages;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Planning.Checks;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

/// <summary>
/// Takes a VO out of service when its resource is deleted under Offboard. Rucio keeps it, and its claim: the same namespace
/// may take it up again. Each pass observes anew, so a killed operator goes on where it was.
/// </summary>
public sealed class VoOffboarding(VoParts parts) : IEntityFinalizer<VirtualOrganisation>
{
    /// <summary>On resources in clusters: never changes.</summary>
    public const string Finalizer = ApiGroup.Name + "/virtualorganisation";

    /// <summary>Work, root, and a look that there is nothing left.</summary>
    private const int MaxRounds = 6;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>A server that is down may come back; what is still delegated after that ends by itself.</summary>
    private static readonly TimeSpan RevokingAtMost = TimeSpan.FromHours(1);

    public async Task<ReconciliationResult<VirtualOrganisation>> FinalizeAsync(VirtualOrganisation vo, CancellationToken ct)
    {
        Outcome outcome;
        try
        {
            outcome = Releases(vo) is { } why ? await ReleaseAsync(vo, why, ct) : await OffboardAsync(vo, ct);
        }
        catch (PlanStoppedException stopped)
        {
            outcome = stopped.IsPermanent ? new Outcome.Blocked(stopped.Reason, stopped.Message, TimeSpan.FromMinutes(1)) : new Outcome.Failed(stopped);
        }
        catch (Exception error) when (error is RucioUnavailableException or RucioRejectedException or DatabaseFault or Npgsql.NpgsqlException or KubeApiException)
        {
            outcome = new Outcome.Failed(error);
        }
        if (outcome is not Outcome.Done)
        {
            await TellAsync(vo, outcome, ct);
        }
        return ReconciliationResult<VirtualOrganisation>.Of(vo, outcome);
    }

    /// <summary>Why nothing is done and the resource may go at once; first rule that fits wins, null: off-boarding is possible and wanted.</summary>
    private string? Releases(VirtualOrganisation vo)
    {
        var instance = parts.Tenancy.InstanceOf(vo);
        return vo switch
        {
            { Spec.DeletionPolicy: VoDeletionPolicy.Retain } or { Status.Tag: null } => "",
            { Spec.ManagementPolicy: ManagementPolicy.ObserveOnly } => "spec.managementPolicy is ObserveOnly",
            _ when instance is null || instance.Metadata.DeletionTimestamp is not null => $"RucioInstance {Indexes.InstanceOf(vo)} is gone",
            _ when Tenancy.Pauses(instance) is not null => $"RucioInstance {Indexes.InstanceOf(vo)} hibernates",
            _ when parts.Tenancy.Refuses(vo, out _) is Outcome.Blocked { Reason: Tenancy.NamespaceNotAllowed } => $"RucioInstance {Indexes.InstanceOf(vo)} does not allow this namespace any more",
            // A namespace is not held up by an instance that doesn't come back; one that was only not reached yet is waited for.
            _ when !StatusPass.IsReady(instance) && parts.Tenancy.IsTerminating(vo.Metadata.NamespaceProperty) && parts.Connections.Find(ObjectKey.Of(instance)) is not { IsOpen: true } => $"RucioInstance {Indexes.InstanceOf(vo)} is not ready and the namespace is being deleted",
            _ => null,
        };
    }

    private async Task<Outcome> ReleaseAsync(VirtualOrganisation vo, string why, CancellationToken ct)
    {
        if (why.Length > 0)
        {
            parts.Transfers.Keeper.Forget(TransfersStage.HolderOf(vo), ObjectKey.Of(vo));
            await parts.Events.WarningAsync(vo, "Released", "Offboard", $"{why}: VO {vo.Spec.Tag} is left in Rucio as it is, with accounts that log in", ct);
        }
        return new Outcome.Done();
    }

    private async Task<Outcome> OffboardAsync(VirtualOrganisation vo, CancellationToken ct)
    {
        var instance = parts.Tenancy.InstanceOf(vo)!;
        vo = vo with { Spec = DataPathCheck.Within(vo.Spec) };
        if (parts.Connections.Find(ObjectKey.Of(instance)) is not { IsOpen: true } connection)
        {
            return new Outcome.Blocked(Tenancy.InstanceNotReady, $"Off-boarding waits until RucioInstance {ObjectKey.Of(instance)} is ready; to let go without it, set spec.deletionPolicy to Retain", Look);
        }
        var root = await RootAsync(instance, connection, vo, ct);
        var look = new VoLook(vo.Spec.Tag) { Root = connection is ExternalConnection ? root : null, Accounts = [.. (vo.Spec.Accounts ?? []).Select(a => a.Name)] };
        var observed = await connection.RefreshVoAsync(look, ct);
        if (observed.Claim != ObjectKey.Of(vo).ToString())
        {
            // Never this one's, or taken up by another.
            return new Outcome.Done();
        }
        var delegated = await RevokeAsync(vo, instance, ct);
        var remains = await RemainsAsync(connection, observed, root, ct);
        var leaving = new LeavingVo(vo.Spec, connection.Reach, root.Username);
        var desired = new DesiredVo(vo.Spec, ObjectKey.Of(vo).ToString(), true, false, "", root.Username, root.Password, new Dictionary<string, string>()) { RootAccount = root.Account, Reach = connection.Reach };
        for (var round = 1; OffboardPlan.For(leaving, observed) is { Count: > 0 } plan; round++)
        {
            if (delegated is not null && plan.All(c => c is UnmapRootIdentity))
            {
                // The operator's way in is kept until it comes by no more.
                return delegated;
            }
            if (round > MaxRounds)
            {
                return new Outcome.Failed(new ReconcileFailedException($"still to do after {MaxRounds} rounds: {plan[0].Describe()}"));
            }
            await new VoPlanExecution(connection, desired, parts.Time, parts.Logger).RunAsync(plan, ct);
            observed = await RefreshAsync(connection, look, observed, plan, ct);
        }
        if (delegated is not null)
        {
            return delegated;
        }
        await DropSecretsAsync(vo, instance, connection, ct);
        await parts.Events.NormalAsync(vo, "Offboarded", "Offboard", Told(vo, remains), ct);
        ControllerLog.Offboarded(parts.Logger, ObjectKey.Of(vo), vo.Spec.Tag, remains);
        return new Outcome.Done();
    }

    /// <summary>Nobody moves data in this VO's name any more. Null: done, or as far as it goes.</summary>
    private async Task<Outcome?> RevokeAsync(VirtualOrganisation vo, RucioInstance instance, CancellationToken ct)
    {
        var (holder, owner) = (TransfersStage.HolderOf(vo), ObjectKey.Of(vo));
        var left = await parts.Transfers.ReleaseAsync(holder, owner, instance, vo.Status?.Transfers, TransfersStage.SecretOf(vo), StatusPass.IsAsked(vo), ct);
        if (left is not [var first, ..])
        {
            return null;
        }
        var words = string.Join("; ", left.Select(l => $"{TransferVerdict.Text(l.Former.Server)} until {l.Former.NotAfter:u}: {l.Fault?.Message ?? "under way"}"));
        if (left.All(l => l.Fault?.Reason == DelegationRevocation.CredentialGone) || parts.Time.GetUtcNow() - vo.Metadata.DeletionTimestamp > RevokingAtMost)
        {
            await parts.Events.WarningAsync(vo, "DelegationsLeft", "Offboard", $"FTS still holds credentials of {first.Former.Dn}, and they end by themselves: {words}", ct);
            parts.Transfers.Keeper.Forget(holder, owner);
            return null;
        }
        return new Outcome.Blocked(first.Fault?.Reason ?? "Revoking", $"Credentials of {first.Former.Dn} are being taken back from FTS, for {RevokingAtMost.TotalHours:0} hour at most: {words}", first.Fault is null ? TimeSpan.FromSeconds(2) : Look);
    }

    /// <summary>After root is given up nothing opens the VO over REST; what was planned for it is then what is true.</summary>
    private static async Task<ObservedVo> RefreshAsync(RucioConnection connection, VoLook look, ObservedVo before, IReadOnlyList<VoChange> made, CancellationToken ct) =>
        connection is ExternalConnection && made.All(c => c is UnmapRootIdentity)
            ? before with { Accounts = before.Accounts.ToDictionary(a => a.Key, a => a.Key == "root" ? a.Value with { Identities = [] } : a.Value) }
            : await connection.RefreshVoAsync(look, ct);

    private static string Told(VirtualOrganisation vo, Remains? remains) =>
        $"Nobody logs in to VO {vo.Spec.Tag} any more, and its storages are unavailable. {(remains is null ? "What remains in Rucio could not be counted" : $"In Rucio remain {remains}")}; its tag stays with namespace {vo.Metadata.NamespaceProperty}, where a VirtualOrganisation with it takes everything up again";

    /// <summary>Makes one where it is lost: the plan then maps it.</summary>
    private async Task<RucioCredential> RootAsync(RucioInstance instance, RucioConnection connection, VirtualOrganisation vo, CancellationToken ct)
    {
        try
        {
            return await RootCredentials.RequireAsync(instance, connection, vo.Spec.Tag, parts.References, ct);
        }
        catch (SecretProblem) when (connection.Reach != VoReach.Given)
        {
            var secret = await parts.Secrets.EnsureAsync(RootCredentials.SecretOf(instance, vo.Spec.Tag), GeneratedSecrets.LabelsOf(instance.Metadata.Name), random => new Dictionary<string, string>
            {
                ["username"] = RootCredentials.NewUsername(vo.Spec.Tag, random),
                ["password"] = random(32),
            }, ct);
            return new(secret["username"], secret["password"], "root", vo.Spec.Tag);
        }
    }

    /// <summary>Null: it could not be counted, which is no reason to stay.</summary>
    private async Task<Remains?> RemainsAsync(RucioConnection connection, ObservedVo observed, RucioCredential root, CancellationToken ct)
    {
        try
        {
            var (files, bytes, rules) = await connection.CountDataAsync(observed, connection.As(root, parts.Time), ct);
            return new(observed.Accounts.Count, observed.Scopes.Count, observed.StorageCount, files, bytes, rules);
        }
        catch (Exception error) when (error is RucioRejectedException or RucioUnavailableException or Npgsql.NpgsqlException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>They open nothing any more. Root's goes last of all: with it a killed operator would still find its way in.</summary>
    private async Task DropSecretsAsync(VirtualOrganisation vo, RucioInstance instance, RucioConnection connection, CancellationToken ct)
    {
        var logins = parts.Secrets.Find(vo.Metadata.NamespaceProperty, VoLogins.LabelsOf(instance, vo.Spec.Tag)).ToHashSet();
        foreach (var account in vo.Spec.Accounts ?? [])
        {
            var key = new ObjectKey(vo.Metadata.NamespaceProperty, LoginNames.Secret(vo.Metadata.Name, account.Name));
            if (logins.Contains(key))
            {
                await parts.Secrets.DeleteAsync(key, ct);
            }
        }
        if (vo.Spec.Tag != BaseVo.Tag && connection.Reach != VoReach.Given)
        {
            await parts.Secrets.DeleteAsync(RootCredentials.SecretOf(instance, vo.Spec.Tag), ct);
        }
    }

    private Task TellAsync(VirtualOrganisation vo, Outcome outcome, CancellationToken ct)
    {
        var (reason, message) = Report.Words(outcome);
        var conditions = new Conditions(vo.Status?.Conditions, vo.Metadata.Generation ?? 0, parts.Time.GetUtcNow()).Set(VoConditions.Offboarded, false, reason, message).Report(outcome).Build();
        return StatusPass.WriteAsync(vo, vo with { Status = (vo.Status ?? new()) with { ObservedGeneration = vo.Metadata.Generation, Conditions = conditions, LastHandledReconcileAt = StatusPass.Token(vo) } }, parts.Status, parts.Events, ct);
    }
}
