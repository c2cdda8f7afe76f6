namespace RucioOperator.Runtime;

/// <summary>Times in a status come back in whole seconds (metav1.Time): written with a fraction, every pass would look like a change.</summary>
public static class MetaTime
{
    public static DateTime Of(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
}
