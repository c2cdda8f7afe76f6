using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Planning.Checks;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.VoStages;

/// <summary>
/// Tries, with the VO's own root, what no VO may do. The result is in the status, so neither a restart nor a drift pass
/// makes another; a VO that is not isolated is not Ready.
/// </summary>
internal static class IsolationStage
{
    public const string NotIsolated = nameof(NotIsolated);

    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(5);

    public static VoStage Stage { get; } = new(VoConditions.Isolated, RunAsync);

    private static async Task<Outcome?> RunAsync(VoWork work, CancellationToken ct)
    {
        var check = work.Vo.Spec.Check ?? new CheckSpec();
        if (!check.Isolation || work.Connection is not InstanceConnection connection || !work.Instance.Spec.MultiVo)
        {
            // Nobody to be isolated from, or somebody else's Rucio and policy.
            work.Report.Remove(VoConditions.Isolated);
            work.Status = work.Status with { Checks = work.Status.Checks is null ? null : work.Status.Checks with { Isolation = null } };
            return null;
        }
        var now = work.Parts.Time.GetUtcNow();
        var schedule = Schedule(work, check);
        var asked = StatusPass.IsAsked(work.Vo);
        if (work.MayAct && schedule.IsDue(now, asked) && !IsResting(work, now, asked))
        {
            await TryAsync(work, connection, now, ct);
            schedule = Schedule(work, check);
        }
        work.LookAgainIn(schedule.Due > now ? schedule.Due - now : Rest);
        return Tell(work);
    }

    private static CheckSchedule Schedule(VoWork work, CheckSpec check) =>
        new(DurationText.Parse(check.Interval), work.Status.Checks?.Isolation?.At, work.Status.Checks?.Isolation?.Succeeded is { Count: > 0 }, CheckSchedule.SpreadOf(work.Vo.Metadata.Uid ?? ""));

    private static bool IsResting(VoWork work, DateTimeOffset now, bool asked) =>
        !asked && work.Parts.Checks.Resting.TryGetValue(ObjectKey.Of(work.Vo), out var until) && now < until;

    private static async Task TryAsync(VoWork work, InstanceConnection connection, DateTimeOffset now, CancellationToken ct)
    {
        var (key, parts) = (ObjectKey.Of(work.Vo), work.Parts);
        try
        {
            var result = await ProbeAsync(work, connection, ct);
            parts.Checks.Resting.TryRemove(key, out _);
            parts.Metrics.CheckDone("isolation", result.Passed);
            work.Status = work.Status with
            {
                Checks = (work.Status.Checks ?? new()) with
                {
                    Isolation = new()
                    {
                        At = MetaTime.Of(now),
                        Attempts = result.Attempts,
                        Refused = result.Attempts - result.Succeeded.Count,
                        Succeeded = result.Passed ? null : result.Succeeded,
                    },
                },
            };
            if (!result.Passed)
            {
                await parts.Events.WarningAsync(work.Vo, NotIsolated, "Check", Message(result.Succeeded), ct);
            }
        }
        catch (Exception error) when (error is RucioUnavailableException or RucioRejectedException or Npgsql.NpgsqlException)
        {
            // Says nothing about what is refused: what was known stays.
            parts.Checks.Resting[key] = now + Rest;
            if (work.Status.Checks?.Isolation is null)
            {
                work.Report.Unknown(VoConditions.Isolated, "ProbeFailed", error is IReportableError told ? told.Report : "The catalogue could not be asked");
            }
        }
    }

    private static async Task<IsolationResult> ProbeAsync(VoWork work, InstanceConnection connection, CancellationToken ct)
    {
        var (desired, observed, time) = (work.Desired!, work.Observed!, work.Parts.Time);
        var others = connection.Snapshot!.Vos.Values;
        var target = IsolationAttempts.Target(observed, others);
        var rule = target.Scopes.Count == 0 ? null : await connection.FindRuleAsync([.. target.Scopes.Keys.Select(scope => BaseVo.Internal(scope, target.Tag))], ct);
        using var publicApi = PublicApi(work);
        using var adminApi = connection.NewCheckServer();
        var credential = new RucioCredential(desired.RootIdentity, desired.RootPassword, desired.RootAccount, desired.Spec.Tag);
        return await new IsolationProbe(publicApi, adminApi, credential, connection.AsSuperRoot(time), time).RunAsync(IsolationAttempts.For(observed, others, rule), ct);
    }

    private static RucioServer PublicApi(VoWork work)
    {
        var (names, api) = (InstanceNames.Of(work.Instance), work.Instance.Spec.Api);
        var url = work.Parts.Checks.ServiceOverride(names.Api, names.Namespace);
        return Exposure.TlsInPod(api)
            ? RucioServer.ForChecks(url ?? new Uri($"https://{names.Api}.{names.Namespace}.svc"), null, servedAs: api!.Host)
            : RucioServer.ForChecks(url ?? new Uri(names.ApiUrl), null, null);
    }

    private static Outcome.Blocked? Tell(VoWork work)
    {
        switch (work.Status.Checks?.Isolation)
        {
            case { Succeeded: { Count: > 0 } succeeded }:
                return new(NotIsolated, Message(succeeded), Retry);
            case { Refused: { } refused }:
                work.Report.True(VoConditions.Isolated, "Refused", $"{refused} of {refused} attempts to reach beyond the VO were refused");
                return null;
            default:
                return null;
        }
    }

    private static string Message(IReadOnlyList<string> succeeded) =>
        $"Root of this VO can do what no VO may: {string.Join("; ", succeeded.Take(5))}{(succeeded.Count > 5 ? $"; and {succeeded.Count - 5} more" : "")}. Tell the platform engineer";
}
