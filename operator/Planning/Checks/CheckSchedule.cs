namespace RucioOperator.Planning.Checks;

/// <summary>When a check is made again.</summary>
/// <param name="Interval">As the spec has it.</param>
/// <param name="Last">When the last one came to a result; null: none ever has.</param>
/// <param name="Failed">What that was.</param>
/// <param name="Spread">0 to 1, another for each VO: those that began together don't stay together.</param>
public sealed record CheckSchedule(TimeSpan Interval, DateTimeOffset? Last, bool Failed, double Spread)
{
    /// <summary>Who is told that a VO is open, or that its data path is broken, should not wait a day to see it mended.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(10);

    /// <summary>From now on; in the past: overdue.</summary>
    public DateTimeOffset Due => Last is not { } last ? DateTimeOffset.MinValue : last + (Failed && Interval > AfterFailure ? AfterFailure : Interval * (1 - 0.1 * Spread));

    /// <param name="asked">Somebody wants one now.</param>
    public bool IsDue(DateTimeOffset now, bool asked) => asked || now >= Due;

    public static double SpreadOf(string uid) => uid.Aggregate(17u, (sum, letter) => sum * 31 + letter) % 1000 / 1000.0;
}
