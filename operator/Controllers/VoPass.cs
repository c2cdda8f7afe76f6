using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>One pass over one VirtualOrganisation: guard, then rounds of observe, plan and act until nothing is left to do.</summary>
internal sealed class VoPass(VoParts parts, VirtualOrganisation vo)
{
    /// <summary>Claim, creation, clean-up, details: each may show the next something new. More means it does not converge.</summary>
    private const int MaxRounds = 6;

    private readonly string _claimant = ObjectKey.Of(vo).ToString();
    private PlanStatus? _dryRun;
    private int? _storages;

    public Report Report { get; } = new(vo, parts.Time);

    /// <returns>False: nothing can be said yet (the operator has just started), so nothing is written.</returns>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        RucioInstance? instance = null;
        if ((StatusPass.Invalid(VirtualOrganisationRules.Validate(vo)) ?? parts.Tenancy.Refuses(vo, out instance)) is { } refused)
        {
            Report.Stop(VoConditions.Claimed, refused);
            return true;
        }
        var connection = parts.Connections.Find(ObjectKey.Of(instance!));
        if (connection is not { IsOpen: true })
        {
            if (StatusPass.IsReady(instance!))
            {
                return false;
            }
            Report.Stop(VoConditions.Claimed, new Outcome.Blocked(Tenancy.InstanceNotReady, $"RucioInstance {ObjectKey.Of(instance!)} is not ready yet: see its conditions"));
            return true;
        }
        await ConvergeAsync(instance!, connection, ct);
        return true;
    }

    private async Task ConvergeAsync(RucioInstance instance, RucioConnection connection, CancellationToken ct)
    {
        var observed = await connection.ObserveVoAsync(await LookAsync(instance, connection, ct), ct);
        for (var round = 1; ; round++)
        {
            // Each round anew: credentials are made once the tag is ours, so that a loser of the race never gets one.
            var desired = await DesiredAsync(instance, connection, observed, ct);
            var plan = VoPlan.For(desired, observed);
            if (round == 1 && !plan.IsEmpty)
            {
                // The snapshot may be minutes old: act only on what is true now.
                observed = await connection.RefreshVoAsync(await LookAsync(instance, connection, ct), ct);
                desired = await DesiredAsync(instance, connection, observed, ct);
                plan = VoPlan.For(desired, observed);
            }
            _storages = observed.StorageCount;
            var drift = DriftIn(plan, observed);
            var mode = StatusPass.Mode(vo, vo.Spec.ManagementPolicy, vo.Spec.DriftPolicy, nothingToDo: drift.Count == 0);
            if (mode == PassMode.DryRun)
            {
                _dryRun = StatusPass.Describe(plan.Changes);
            }
            if (plan.IsEmpty || mode != PassMode.Act || round > MaxRounds)
            {
                Conclude(desired, plan, mode);
                return;
            }
            if (round == 1 && drift.Count > 0)
            {
                await StatusPass.DriftAsync(vo, drift, parts.Events, parts.Metrics, ct);
            }
            try
            {
                await new VoPlanExecution(connection, desired, parts.Time, parts.Logger).RunAsync(plan.Changes, ct);
            }
            catch (PlanStoppedException stopped)
            {
                await connection.RefreshVoAsync(await LookAsync(instance, connection, ct), ct);
                Conclude(desired, plan, mode, stopped);
                return;
            }
            observed = await connection.RefreshVoAsync(await LookAsync(instance, connection, ct), ct);
        }
    }

    /// <summary>Of what is to do, what somebody undid. A quota on a storage that has come since is not: it is just new.</summary>
    private IReadOnlyList<VoChange> DriftIn(Plan<VoChange> plan, ObservedVo observed)
    {
        if (!StatusPass.IsDrift(vo))
        {
            return [];
        }
        var grown = observed.StorageCount > (vo.Status?.Storages ?? 0);
        return [.. plan.Changes.Where(c => !(grown && c is SetQuota quota && observed.Accounts.GetValueOrDefault(quota.Account)?.Limits.ContainsKey(quota.Rse) != true))];
    }

    /// <summary>Conditions before the first one with something left are true, that one is false, later ones are not looked at.</summary>
    private void Conclude(DesiredVo desired, Plan<VoChange> plan, PassMode mode, PlanStoppedException? stopped = null)
    {
        Outcome outcome = new Outcome.Done();
        var reached = true;
        foreach (var condition in VoConditions.All)
        {
            var problem = plan.Problems.FirstOrDefault(p => p.Subject == condition);
            var left = plan.Changes.FirstOrDefault(c => c.Condition == condition);
            if (!reached)
            {
                continue;
            }
            if (stopped?.Change.Condition == condition)
            {
                outcome = stopped.IsPermanent ? new Outcome.Blocked(stopped.Reason, stopped.Message, TimeSpan.FromMinutes(1)) : new Outcome.Failed(stopped);
                Report.Stop(condition, outcome);
                reached = false;
            }
            else if (problem is not null)
            {
                outcome = new Outcome.Blocked(problem.Reason, problem.Message);
                Report.Stop(condition, outcome);
                // A storage that is still to come holds up its quotas only.
                reached = condition == VoConditions.QuotasReady;
            }
            else if (left is not null)
            {
                outcome = mode switch
                {
                    PassMode.Act => new Outcome.Failed(new ReconcileFailedException($"still to do after {MaxRounds} rounds: {left.Describe()}")),
                    PassMode.ReportDrift => new Outcome.Done(),
                    _ => new Outcome.Blocked("PlanOnly", $"not changed, since this is a {(mode == PassMode.DryRun ? "dry run" : "resource with managementPolicy ObserveOnly")}: {left.Describe()}"),
                };
                if (outcome is Outcome.Done)
                {
                    Report.False(condition, StatusPass.DriftReported, $"driftPolicy is Report: {left.Describe()}");
                    continue;
                }
                Report.Stop(condition, outcome);
                reached = false;
            }
            else
            {
                Report.True(condition, "AsDesired", True(condition, desired));
            }
        }
        StatusPass.ReportDrifted(Report, mode, plan.Changes);
        Report.End(outcome);
    }

    private string True(string condition, DesiredVo desired) => condition switch
    {
        VoConditions.Claimed => $"Tag {vo.Spec.Tag} is held by {_claimant}",
        VoConditions.CredentialsSafe => "Only the operator's identity opens root of this VO",
        VoConditions.AccountsReady => $"{vo.Spec.Accounts?.Count ?? 0} accounts",
        VoConditions.ScopesReady => $"{vo.Spec.Scopes?.Count ?? 0} scopes",
        _ => "Quotas are set on each matching storage",
    };

    private async Task<VoLook> LookAsync(RucioInstance instance, RucioConnection connection, CancellationToken ct) => new(vo.Spec.Tag)
    {
        Root = connection is ExternalConnection ? await OpenerAsync(instance, connection, ct) : null,
        Accounts = [.. (vo.Spec.Accounts ?? []).Select(a => a.Name)],
    };

    /// <summary>Null: nothing opens the VO yet, or nobody said that it may be opened.</summary>
    private async Task<RucioCredential?> OpenerAsync(RucioInstance instance, RucioConnection connection, CancellationToken ct)
    {
        if (!Tenancy.Grants(instance, vo))
        {
            return null;
        }
        return await RootCredentials.GivenAsync(instance, connection, vo.Spec.Tag, parts.References, ct)
            ?? (await parts.Secrets.FindAsync(RootSecret(instance), ct) is { } secret ? new RucioCredential(secret["username"], secret["password"], "root", vo.Spec.Tag) : null);
    }

    private async Task<DesiredVo> DesiredAsync(RucioInstance instance, RucioConnection connection, ObservedVo observed, CancellationToken ct)
    {
        var claimed = observed.Claim == _claimant && (connection.Reach == VoReach.Catalogue || Tenancy.Grants(instance, vo));
        var root = await RootAsync(instance, connection, claimed, ct);
        var logins = claimed ? await new VoLogins(parts, vo, CredentialAsync, MayAct).AllAsync(instance, connection, observed, ct) : [];
        return new DesiredVo(vo.Spec, _claimant, Tenancy.Grants(instance, vo), ClaimantIsGone(observed.Claim), TenantPolicyPackage.Name, root.Username, root.Password, logins.ToDictionary(l => l.Account, l => l.Password))
        {
            RootAccount = root.Account,
            Reach = connection.Reach,
            Identities = logins.ToDictionary(l => l.Account, l => l.Username),
        };
    }

    private async Task<RucioCredential> RootAsync(RucioInstance instance, RucioConnection connection, bool claimed, CancellationToken ct)
    {
        if (!claimed)
        {
            return new("", "", "root", vo.Spec.Tag);
        }
        if (await RootCredentials.GivenAsync(instance, connection, vo.Spec.Tag, parts.References, ct) is { } given)
        {
            return given;
        }
        var secret = await CredentialAsync(RootSecret(instance), GeneratedSecrets.LabelsOf(instance.Metadata.Name), random => new Dictionary<string, string>
        {
            ["username"] = $"operator-{random(8).ToLowerInvariant()}@{vo.Spec.Tag}",
            ["password"] = random(32),
        }, ct);
        return new(secret["username"], secret["password"], "root", vo.Spec.Tag);
    }

    private ObjectKey RootSecret(RucioInstance instance)
    {
        var names = new InstanceNames(instance.Metadata.NamespaceProperty, instance.Metadata.Name);
        return new ObjectKey(names.Namespace, names.VoRoot(vo.Spec.Tag));
    }

    private bool MayAct => StatusPass.Mode(vo, vo.Spec.ManagementPolicy, vo.Spec.DriftPolicy, nothingToDo: true) == PassMode.Act;

    /// <summary>Where nothing may be changed, none is made: the plan tells as much without its value.</summary>
    private async Task<IReadOnlyDictionary<string, string>> CredentialAsync(ObjectKey key, IReadOnlyDictionary<string, string> labels, Func<Func<int, string>, IReadOnlyDictionary<string, string>> make, CancellationToken ct) =>
        MayAct
            ? await parts.Secrets.EnsureAsync(key, labels, make, ct)
            : await parts.Secrets.FindAsync(key, ct) ?? make(_ => "");

    private bool ClaimantIsGone(string? claim)
    {
        if (claim is null || claim == _claimant || !claim.StartsWith($"{vo.Metadata.NamespaceProperty}/", StringComparison.Ordinal))
        {
            return false;
        }
        var other = parts.Vos.Store.Get(new ObjectKey(vo.Metadata.NamespaceProperty, claim[(vo.Metadata.NamespaceProperty.Length + 1)..]));
        return other is null || other.Spec.Tag != vo.Spec.Tag;
    }

    public void Fail(Exception error) => Report.End(error switch
    {
        SecretProblem missing => Stopped(VoConditions.AccountsReady, new Outcome.Blocked(missing.Reason, missing.Message)),
        _ => Stopped(VoConditions.Claimed, new Outcome.Failed(error)),
    });

    private Outcome Stopped(string condition, Outcome outcome)
    {
        Report.Stop(condition, outcome);
        return outcome;
    }

    public Task ReportAsync(CancellationToken ct)
    {
        var claimed = Report.IsTrue(VoConditions.Claimed);
        var instance = Indexes.InstanceOf(vo);
        var status = new VirtualOrganisationStatus
        {
            ObservedGeneration = vo.Metadata.Generation,
            Conditions = Report.Conditions(VoConditions.All, $"VO {vo.Spec.Tag} is ready"),
            LastHandledReconcileAt = StatusPass.Token(vo),
            Plan = _dryRun,
            Tag = claimed ? vo.Spec.Tag : vo.Status?.Tag,
            Url = claimed ? parts.Tenancy.InstanceOf(vo)?.Status?.Url ?? new InstanceNames(instance.Namespace, instance.Name).ApiUrl : null,
            Accounts = vo.Spec.Accounts?.Count ?? 0,
            Storages = _storages ?? vo.Status?.Storages,
        };
        return StatusPass.WriteAsync(vo, vo with { Status = status }, parts.Status, parts.Events, ct);
    }
}
