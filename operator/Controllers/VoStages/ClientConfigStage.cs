using System.Text;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.VoStages;

/// <summary>The ConfigMap, and perhaps a Secret, with which this VO's users reach Rucio.</summary>
internal static class ClientConfigStage
{
    public static readonly VoStage Stage = new(VoConditions.ClientConfigReady, RunAsync);

    private const string Set = "client-config";

    private static async Task<Outcome?> RunAsync(VoWork work, CancellationToken ct)
    {
        if (work.Vo.Spec.ClientConfig is not { } spec)
        {
            work.Report.Remove(VoConditions.ClientConfigReady);
            return await ApplyAsync(work, [], ct);
        }
        var login = ClientLogin.Of(spec, work.Instance, work.Desired!.Accounts);
        if (login.Problem(spec, work.Instance, work.Desired.Accounts) is { } problem)
        {
            return new Outcome.Blocked(problem.Reason, problem.Message);
        }
        var inputs = new ClientConfigInputs(work.Vo, work.Instance, login, await AuthoritiesAsync(work, ct))
        {
            UsernameOf = work.Desired.IdentityOf,
            ServicePassword = spec.ServiceAccount is { } account ? work.Desired.Passwords.GetValueOrDefault(account.Name) : null,
        };
        var secret = ClientConfig.ServiceSecret(inputs);
        if (await ApplyAsync(work, [new(ClientConfig.ConfigMap(inputs)), .. secret is null ? (DesiredObject[])[] : [new(secret)]], ct) is { } unmet)
        {
            return unmet;
        }
        if (spec.ServiceAccount is not null && secret is null)
        {
            return new Outcome.Blocked("WaitingForLogin", $"spec.clientConfig.serviceAccount: account {spec.ServiceAccount.Name} has no password yet, see {VoConditions.AccountsReady}");
        }
        work.Report.True(VoConditions.ClientConfigReady, "AsDesired", $"Clients log in at {inputs.Endpoints.Auth} by {ClientConfig.AuthType(login.Type)}: ConfigMap {ClientConfig.MapOf(work.Vo)}{(secret is null ? "" : $", Secret {secret.Metadata.Name}")}");
        return null;
    }

    private static async Task<Outcome?> ApplyAsync(VoWork work, IReadOnlyList<DesiredObject> objects, CancellationToken ct)
    {
        if (!work.MayAct)
        {
            return await PlanOnlyAsync(work, objects, ct);
        }
        var applied = await work.Parts.Applier.ApplyAsync(work.Vo, VoController.Name, Set, objects, ct, heal: work.Vo.Spec.DriftPolicy == DriftPolicy.Heal || !StatusPass.IsDrift(work.Vo));
        await StatusPass.TellDriftAsync(work.Vo, applied, work.Report, work.Parts.Events, work.Parts.Metrics, ct);
        return applied.Refused is [var taken, ..]
            ? new Outcome.Blocked("NameTaken", taken.Kind == "ConfigMap"
                ? $"spec.clientConfig.configMapName: ConfigMap {taken.Key} exists and is not this operator's for this VO: remove it, or choose another name"
                : $"spec.clientConfig.serviceAccount: {taken.Kind} {taken.Key} exists and is not this operator's for this VO: remove it", TimeSpan.FromMinutes(1))
            : null;
    }

    private static async Task<Outcome?> PlanOnlyAsync(VoWork work, IReadOnlyList<DesiredObject> objects, CancellationToken ct)
    {
        var plan = await work.Parts.Applier.PreviewAsync(work.Vo, Set, objects, ct);
        if (plan is not [var first, ..])
        {
            return null;
        }
        work.Plan(plan);
        return StatusPass.PlanOnly(work.Mode, first);
    }

    /// <summary>What the instance's own loop found, or what its platform engineer gave for somebody else's Rucio.</summary>
    internal static async Task<string?> AuthoritiesAsync(VoWork work, CancellationToken ct)
    {
        var ns = work.Instance.Metadata.NamespaceProperty;
        if (work.Instance.Spec.External is { } external)
        {
            return external.CaSecretRef is { } secret && await work.Parts.References.ReadAsync(new ObjectKey(ns, secret.Name), ct) is { } data && data.TryGetValue(ClientConfig.AuthorityEntry, out var pem) ? Encoding.UTF8.GetString(pem) : null;
        }
        var map = work.Parts.Maps.Store.Get(new ObjectKey(ns, InstanceNames.Of(work.Instance).ClientAuthorities));
        return map?.Data is { } files && files.TryGetValue(ClientConfig.AuthorityEntry, out var text) ? text : null;
    }
}
