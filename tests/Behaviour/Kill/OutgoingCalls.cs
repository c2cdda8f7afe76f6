using System.Diagnostics;
using System.Text.RegularExpressions;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.Behaviour.Kill;

internal enum KillMoment { BeforeItArrives, BeforeTheAnswer }

/// <summary>One call of the operator. Its name stays the same from run to run, although calls change places: far side, what is asked, n-th time.</summary>
internal sealed record OutgoingCall(string Name, bool IsWrite);

/// <summary>Sees every call of the operator to the Kubernetes API (watches aside), to Rucio and to PostgreSQL, and may step in.</summary>
internal sealed partial class OutgoingCalls
{
    private readonly Lock _gate = new();
    private readonly List<OutgoingCall> _calls = [];
    private readonly Dictionary<string, int> _times = [];
    private readonly Dictionary<object, OutgoingCall> _open = new(ReferenceEqualityComparer.Instance);
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Asked at both moments of every call; true: the operator is dead now, and the connection goes with it.</summary>
    public Func<OutgoingCall, KillMoment, Task<bool>> StepIn { get; set; } = (_, _) => Task.FromResult(false);

    public TimeSpan Quiet => Stopwatch.GetElapsedTime(Volatile.Read(ref _last));

    public IReadOnlyList<OutgoingCall> Calls
    {
        get
        {
            lock (_gate)
                return [.. _calls];
        }
    }

    public static OutgoingCalls Of(SandboxBed bed, PostgresProxy postgres)
    {
        var calls = new OutgoingCalls();
        bed.Kubernetes.OnRequest = r => Counts(r) ? calls.AskAsync(r, $"kubernetes {r.Verb} {r.Path}", r.IsWrite, Gone) : Task.CompletedTask;
        bed.Kubernetes.OnResponse = r => Counts(r) ? calls.AnswerAsync(r, Gone) : Task.CompletedTask;
        bed.Rucio.OnRequest = r => calls.AskAsync(r, $"rucio {r.Method} {r.Path}", r.Method != "GET", r.Cut);
        bed.Rucio.OnResponse = r => calls.AnswerAsync(r, r.Cut);
        postgres.OnRequest = t => Counts(t) ? calls.AskAsync(t, $"sql {t.Sql}", !t.Sql.TrimStart().StartsWith("SELECT", StringComparison.OrdinalIgnoreCase), t.Cut) : Task.CompletedTask;
        postgres.OnResponse = t => Counts(t) ? calls.AnswerAsync(t, t.Cut) : Task.CompletedTask;
        return calls;
    }

    private static bool Counts(ApiRequest request) => request.Verb != "watch";

    /// <summary>The stand-in and the bootstrap Job use the same proxy; what a pool says of its own accord is nobody's call.</summary>
    private static bool Counts(RoundTrip trip) => trip.Application == "rucio-operator" && !trip.Sql.StartsWith("DISCARD", StringComparison.Ordinal);

    private static void Gone() => throw new OperationCanceledException("the client is dead");

    private async Task AskAsync(object request, string what, bool isWrite, Action cut)
    {
        OutgoingCall call;
        lock (_gate)
        {
            Volatile.Write(ref _last, Stopwatch.GetTimestamp());
            what = Stable(what);
            _times[what] = _times.GetValueOrDefault(what) + 1;
            _open[request] = call = new($"{what} #{_times[what]}", isWrite);
            _calls.Add(call);
        }
        if (await StepIn(call, KillMoment.BeforeItArrives))
            cut();
    }

    private async Task AnswerAsync(object request, Action cut)
    {
        OutgoingCall? call;
        lock (_gate)
        {
            Volatile.Write(ref _last, Stopwatch.GetTimestamp());
            _open.Remove(request, out call);
        }
        if (call is not null && await StepIn(call, KillMoment.BeforeTheAnswer))
            cut();
    }

    private static string Stable(string what)
    {
        what = Spaces().Replace(RandomName().Replace(Literal().Replace(KillWorld.DatabaseName().Replace(what, "world"), "'…'"), "operator-…"), " ");
        return what.Length <= 100 ? what : what[..100];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex("operator-[a-z0-9]{8}")]
    private static partial Regex RandomName();

    [GeneratedRegex("'[^']{30,}'")]
    private static partial Regex Literal();
}
