namespace RucioOperator.Runtime;

/// <summary>Delay of the n-th try in a row: doubles from <see cref="First"/> to <see cref="Cap"/>, ± <see cref="Jitter"/>.</summary>
public sealed class Backoff(Random random)
{
    private readonly Lock gate = new();

    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(5);
    public TimeSpan Cap { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Share of the delay, 0 to 1.</summary>
    public double Jitter { get; init; } = 0.1;

    /// <param name="failures">How often it failed before; 0 for the first.</param>
    public TimeSpan Delay(int failures)
    {
        // 2^40 × 5 ms is far beyond any cap and still far from overflow.
        var plain = Math.Min(First.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 40)), Cap.TotalMilliseconds);
        var delay = Spread(TimeSpan.FromMilliseconds(plain));
        return delay < Cap ? delay : Cap;
    }

    /// <summary>The same time ± the jitter, so that many do not come at once.</summary>
    public TimeSpan Spread(TimeSpan period) => Spread(period, Jitter);

    public TimeSpan Spread(TimeSpan period, double jitter)
    {
        // Random is not made for several threads.
        lock (gate)
            return period * (1 + (jitter * ((random.NextDouble() * 2) - 1)));
    }
}
