using RucioOperator.Api;
using RucioOperator.Apply.Transfers;
using RucioOperator.Desired;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.VoStages;

/// <summary>In whose name this VO's data is moved: by its own credential, or the instance's.</summary>
internal static class TransfersStage
{
    public const string FtsNotOffered = nameof(FtsNotOffered);
    public const string ExternalInstance = nameof(ExternalInstance);
    public const string InstanceCredential = nameof(InstanceCredential);
    public const string NoCredential = nameof(NoCredential);

    public static readonly VoStage Stage = new(TransferConditions.Delegated, RunAsync);

    public static Holder HolderOf(VirtualOrganisation vo) => new(Indexes.InstanceOf(vo), vo.Spec.Tag);

    public static ObjectKey? SecretOf(VirtualOrganisation vo) => vo.Spec.Transfers?.CredentialSecretRef is { } secret ? new(vo.Metadata.NamespaceProperty, secret.Name) : null;

    /// <summary>Those that this VO delegates to, if it has a credential of its own.</summary>
    public static IReadOnlyList<Uri> ServersOf(VirtualOrganisation vo, RucioInstance instance) =>
        Transfers.Servers(vo.Spec.Transfers?.Fts is { } chosen ? [chosen] : instance.Spec.Transfers?.FtsServers);

    public static Outcome.Blocked? NotOffered(VirtualOrganisation vo, RucioInstance instance)
    {
        var (offered, chosen) = (instance.Spec.Transfers?.FtsServers ?? [], vo.Spec.Transfers?.Fts);
        return chosen is not null && !offered.Contains(chosen)
            ? new Outcome.Blocked(FtsNotOffered, $"spec.transfers.fts: {chosen} is not one of the FTS servers that RucioInstance {ObjectKey.Of(instance)} offers: {(offered.Count == 0 ? "it offers none" : string.Join(", ", offered))}")
            : null;
    }

    private static async Task<Outcome?> RunAsync(VoWork work, CancellationToken ct)
    {
        work.TransfersReached = true;
        var (vo, holder, owner, transfers) = (work.Vo, HolderOf(work.Vo), ObjectKey.Of(work.Vo), work.Parts.Transfers);
        if (!work.MayAct)
        {
            transfers.Keeper.Rest(holder, owner);
            return null;
        }
        var notOffered = NotOffered(vo, work.Instance);
        if (SecretOf(vo) is not { } secret || work.Instance.Spec.External is not null)
        {
            return await WithoutAsync(work, notOffered, ct);
        }
        var servers = notOffered is not null ? [] : ServersOf(vo, work.Instance);
        var verdict = await transfers.AskAsync(new(holder, owner, secret, work.Instance, Transfers.Voms(vo.Spec.Transfers!.Voms, work.Instance, own: false), servers, vo.Status?.Transfers, StatusPass.IsAsked(vo)), ct);
        if (await transfers.TellAsync(vo, work.Report, verdict, ct) is { } wait)
        {
            work.LookAgainIn(wait);
        }
        if (notOffered is null && servers.Count == 0)
        {
            work.Report.Remove(TransferConditions.Delegated);
        }
        work.Status = work.Status with { Transfers = verdict.Status };
        return notOffered;
    }

    /// <summary>No credential of its own: what it delegated before is taken back, and the instance's speaks for it.</summary>
    private static async Task<Outcome?> WithoutAsync(VoWork work, Outcome.Blocked? notOffered, CancellationToken ct)
    {
        var (vo, instance, report) = (work.Vo, work.Instance, work.Report);
        var left = await work.Parts.Transfers.ReleaseAsync(HolderOf(vo), ObjectKey.Of(vo), instance, vo.Status?.Transfers, null, StatusPass.IsAsked(vo), ct);
        var ofInstance = instance.Status?.Conditions?.FirstOrDefault(c => c.Type == TransferConditions.Delegated);
        var byTokens = StorageDefaults.Of(instance, vo).Tokens;
        var (usesInstances, offers) = (instance.Spec.Transfers?.CredentialSecretRef is not null, instance.Spec is { External: null, Transfers.FtsServers.Count: > 0 });
        report.Remove(TransferConditions.ProxyReady, TransferConditions.VomsReady);
        work.Status = work.Status with { Transfers = Remaining(left, offers && usesInstances && !byTokens ? instance.Status?.Transfers?.DelegatedUntil : null) };
        switch (work)
        {
            case { Instance.Spec.External: not null, Vo.Spec.Transfers.CredentialSecretRef: not null }:
                return new Outcome.Blocked(ExternalInstance, $"{Transfers.Field}: RucioInstance {ObjectKey.Of(instance)} is run by somebody else, who keeps proxies for it: leave it out");
            case var _ when notOffered is not null:
                return notOffered;
            case var _ when !offers || byTokens:
                report.Remove(TransferConditions.Delegated);
                return null;
            case var _ when !usesInstances:
                // Transfers by other means go on: no reason not to be Ready.
                report.False(TransferConditions.Delegated, NoCredential, $"Nobody's certificate moves this VO's data: name a Secret with a robot certificate in {Transfers.Field}, or have the platform engineer of RucioInstance {ObjectKey.Of(instance)} do so there");
                return null;
            default:
                var words = ofInstance?.Message ?? "nothing is known of it yet";
                Tell(report, ofInstance?.Status, $"By the credential of RucioInstance {ObjectKey.Of(instance)}: {words}{Leaving(left)}");
                return null;
        }
    }

    private static void Tell(Report report, string? status, string message)
    {
        switch (status)
        {
            case "True": report.True(TransferConditions.Delegated, InstanceCredential, message); break;
            case "False": report.False(TransferConditions.Delegated, InstanceCredential, message); break;
            default: report.Unknown(TransferConditions.Delegated, InstanceCredential, message); break;
        }
    }

    private static string Leaving(IReadOnlyList<LeavingDelegation> left) =>
        string.Concat(left.Where(l => l.Fault is not null).Select(l => $"; {TransferVerdict.Text(l.Former.Server)} is to forget {l.Former.Dn}: {l.Fault!.Message}"));

    private static TransfersStatus? Remaining(IReadOnlyList<LeavingDelegation> left, DateTime? until) => left.Count == 0 && until is null ? null : new()
    {
        DelegatedUntil = until,
        Delegations = TransferVerdict.Listed(left),
    };
}
