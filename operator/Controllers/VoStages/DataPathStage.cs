using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Desired.Checks;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Planning.Checks;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.VoStages;

/// <summary>
/// A Job that works as a user would, and what came of the last ones. It never makes a VO unready: a storage that is down is no
/// fault of the manifests. When it ran is in the status, so a restart runs none.
/// </summary>
internal static class DataPathStage
{
    public const string DataPathBroken = nameof(DataPathBroken);

    public static readonly VoStage Stage = new(VoConditions.DataPathVerified, RunAsync);

    /// <summary>Apart, so that what ended stays to be looked at while its configuration moves on.</summary>
    private const string JobSet = "data-path-job";
    private const string Set = "data-path";
    private const int MessageLimit = 1000;

    /// <summary>Pods are not watched; one that can't start is found out this often.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private static async Task<Outcome?> RunAsync(VoWork work, CancellationToken ct)
    {
        if (work.Vo.Spec.Check is not { DataPath: true } check)
        {
            work.Report.Remove(VoConditions.DataPathVerified);
            work.Status = work.Status with { Checks = work.Status.Checks is null or { Isolation: null } ? null : work.Status.Checks with { DataPath = null } };
            return work.MayAct ? Taken(await ApplyAsync(work, Set, [], ct)) ?? Taken(await ApplyAsync(work, JobSet, [], ct)) : null;
        }
        if (!work.MayAct)
        {
            return null;
        }
        var client = new ClientConfigInputs(work.Vo with { Spec = work.Vo.Spec with { ClientConfig = DataPathInputs.ClientSpec } }, work.Instance, new ClientLogin(ClientAuthType.Userpass, null), await ClientConfigStage.AuthoritiesAsync(work, ct))
        {
            UsernameOf = work.Desired!.IdentityOf,
            ServicePassword = work.Desired.Passwords.GetValueOrDefault(DataPathCheck.Account),
        };
        var inputs = new DataPathInputs(client, (work.Connection as ExternalConnection)?.Version) { Credential = check.CredentialSecretRef };
        var storages = DataPathCheck.Storages(check, work.Observed!);
        if (DataPathJob.Secret(inputs) is not { } secret || storages.Count == 0)
        {
            work.Report.Unknown(VoConditions.DataPathVerified, VoPlan.WaitingForStorage, storages.Count == 0 ? "No storage of this VO can be tried yet" : $"Account {DataPathCheck.Account} has no password yet");
            return null;
        }
        if (Taken(await ApplyAsync(work, Set, [new(secret)], ct)) is { } taken)
        {
            return taken;
        }
        var run = await FinishAsync(work, work.Status.Checks?.DataPath ?? new(), ct);
        var schedule = new CheckSchedule(DurationText.Parse(check.Interval), run.EndedAt, run.Failures > 0, CheckSchedule.SpreadOf(work.Vo.Metadata.Uid ?? ""));
        var now = work.Parts.Time.GetUtcNow();
        if (!IsUnderWay(run) && schedule.IsDue(now, StatusPass.IsAsked(work.Vo)))
        {
            var start = MetaTime.Of(now);
            run = run with { StartedAt = run.EndedAt > start ? run.EndedAt : start, Storages = storages };
        }
        work.Status = work.Status with { Checks = (work.Status.Checks ?? new()) with { DataPath = run } };
        if (!IsUnderWay(run))
        {
            work.LookAgainIn(schedule.Due > now ? schedule.Due - now : Soon);
            Tell(work, run, null);
            return null;
        }
        var applied = await ApplyAsync(work, JobSet, [new(DataPathJob.Job(inputs with { Run = RunOf(run), Storages = run.Storages ?? storages }))], ct);
        work.LookAgainIn(applied.Pending ? Soon : Look);
        Tell(work, run, Find(work, run) is { } job ? LastWords.Hindrance(await PodsAsync(work, job, ct)) : null);
        return Taken(applied);
    }

    /// <summary>Takes down what an ended Job has said.</summary>
    private static async Task<DataPathStatus> FinishAsync(VoWork work, DataPathStatus run, CancellationToken ct)
    {
        if (!IsUnderWay(run) || Find(work, run) is not { } job || JobState.Of(job) is not { Ended: not JobEnd.None } state)
        {
            return run;
        }
        var words = LastWords.Of(await PodsAsync(work, job, ct)) ?? state.Reason ?? "";
        words = words.Length <= MessageLimit ? words : words[..MessageLimit];
        var at = MetaTime.Of(work.Parts.Time.GetUtcNow());
        var passed = state.Ended == JobEnd.Complete;
        work.Parts.Metrics.CheckDone("dataPath", passed);
        if (!passed)
        {
            await work.Parts.Events.WarningAsync(work.Vo, DataPathBroken, "Check", words, ct);
        }
        else if (run.Failures > 0)
        {
            await work.Parts.Events.NormalAsync(work.Vo, "DataPathVerified", "Check", words, ct);
        }
        return run with
        {
            // Never before it began: clocks have seconds here.
            EndedAt = at > run.StartedAt ? at : run.StartedAt!.Value.AddSeconds(1),
            LastSuccess = passed ? at : run.LastSuccess,
            LastFailure = passed ? run.LastFailure : at,
            Failures = passed ? 0 : (run.Failures ?? 0) + 1,
            Message = words,
        };
    }

    private static bool IsUnderWay(DataPathStatus run) => run.StartedAt is { } started && !(run.EndedAt > started);

    private static string RunOf(DataPathStatus run) => run.StartedAt!.Value.ToString("yyyyMMdd't'HHmmss", System.Globalization.CultureInfo.InvariantCulture);

    private static V1Job? Find(VoWork work, DataPathStatus run) =>
        work.Parts.Checks.Jobs.Store.Get(new ObjectKey(work.Vo.Metadata.NamespaceProperty, DataPathJob.NameOf(work.Vo.Metadata.Name))) is { } job
        && job.Metadata.Annotations?.TryGetValue(DataPathJob.RunAnnotation, out var of) == true && of == RunOf(run) ? job : null;

    private static async Task<IReadOnlyList<V1Pod>> PodsAsync(VoWork work, V1Job job, CancellationToken ct) =>
        (await work.Parts.Checks.Api.ListPageAsync<V1Pod>(new Selection(job.Metadata.NamespaceProperty, $"batch.kubernetes.io/job-name={job.Metadata.Name}"), 10, null, ct)).Items;

    private static Task<ApplyResult> ApplyAsync(VoWork work, string set, IReadOnlyList<DesiredObject> objects, CancellationToken ct) =>
        work.Parts.Applier.ApplyAsync(work.Vo, VoController.Name, set, objects, ct);

    private static Outcome.Blocked? Taken(ApplyResult applied) => applied.Refused is [var taken, ..]
        ? new("NameTaken", $"spec.check.dataPath: {taken.Kind} {taken.Key} exists and is not this operator's for this VO: remove it", TimeSpan.FromMinutes(1))
        : null;

    private static void Tell(VoWork work, DataPathStatus run, string? hindrance)
    {
        if (run.EndedAt is null)
        {
            work.Report.Unknown(VoConditions.DataPathVerified, "Running", hindrance ?? $"The first check is under way, on {string.Join(", ", run.Storages ?? [])}");
        }
        else if (run.Failures > 0)
        {
            work.Report.False(VoConditions.DataPathVerified, DataPathBroken, run.Message ?? "");
        }
        else
        {
            work.Report.True(VoConditions.DataPathVerified, "Verified", run.Message ?? "");
        }
    }
}
