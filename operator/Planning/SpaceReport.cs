using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>What Rucio is told of a storage, source <c>storage</c> of <c>rse_usage</c>: bytes, and a count of files.</summary>
public sealed record SpaceReport(long Used, long Free, long Files);

/// <param name="Report">Null: nothing to tell.</param>
public sealed record SpaceDecision(string Reason, string Message, SpaceReport? Report = null);

/// <summary>
/// Whether Rucio knows how full a storage is. Without a report of source <c>storage</c> its reaper leaves everything but obsolete
/// files (daemons/reaper/reaper.py, __check_rse_usage). With spec.capacity the operator reports what Rucio itself has put
/// there; a script that asks the storage knows better, so the operator keeps away from its report.
/// </summary>
public static class SpaceReporting
{
    public const string Reported = nameof(Reported);
    public const string ReportedByOthers = nameof(ReportedByOthers);
    public const string NotReported = nameof(NotReported);
    public const string ReportLeft = nameof(ReportLeft);
    public const string WaitingForCounter = nameof(WaitingForCounter);

    /// <summary>Then whoever reported is thought to have given up.</summary>
    public static readonly TimeSpan Abandoned = TimeSpan.FromDays(3);

    /// <summary>A small difference waits so long.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>First rule that fits wins; null: there is nothing to say of this storage.</summary>
    /// <param name="former">Capacity in what this operator reported last.</param>
    public static SpaceDecision? Decide(long? capacity, long? former, bool keepsFree, ObservedSpace space, DateTime now)
    {
        if (capacity is not { } size)
        {
            return (keepsFree, space.Reported) switch
            {
                (_, { } told) when former is not { } before || !IsOurs(told, before) => new(ReportedByOthers, "Somebody reports to Rucio how full the storage is"),
                (_, { }) => new(ReportLeft, "spec.capacity is gone: Rucio keeps the operator's last report until somebody else reports, and the reaper goes by it"),
                (true, _) => new(NotReported, "spec.minFreeSpace has no effect: nobody reports to Rucio how full the storage is. Set spec.capacity, or have a script report usage of source storage"),
                _ => null,
            };
        }
        if (space.Reported is { } others && !IsOurs(others, size) && (former is not { } old || !IsOurs(others, old)) && now - others.At < Abandoned)
        {
            return new(ReportedByOthers, "spec.capacity is not used: somebody else reports to Rucio how full the storage is. The operator does once they have stopped for three days");
        }
        if (space is not { Used: { } used, Files: { } files })
        {
            return new(WaitingForCounter, "Rucio has not counted this storage yet: abacus-rse does");
        }
        var report = new SpaceReport(used, Math.Max(0, size - used), files);
        return new(Reported, "Rucio is told how much of spec.capacity its own files take", IsDue(report, size, space.Reported, now) ? report : null);
    }

    /// <summary>Scripts rarely count files, and hardly ever find used and free to be just this much together.</summary>
    private static bool IsOurs(ReportedSpace told, long capacity) => told.Files is not null && told.Used + told.Free == Math.Max(told.Used, capacity);

    private static bool IsDue(SpaceReport report, long capacity, ReportedSpace? told, DateTime now) => told switch
    {
        null => true,
        _ when !IsOurs(told, capacity) => true,
        _ when told.Used == report.Used && told.Files == report.Files => false,
        _ => Math.Abs(told.Used - report.Used) > capacity / 100 || now - told.At >= Interval,
    };
}
