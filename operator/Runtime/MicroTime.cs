namespace RucioOperator.Runtime;

/// <summary>
/// Times of Leases and Events must be sent with a fraction, and the client leaves out one that is zero: such a time
/// is moved by a microsecond.
/// </summary>
public static class MicroTime
{
    public static DateTime Of(DateTime time) => time.Ticks % TimeSpan.TicksPerSecond == 0 ? time.AddMicroseconds(1) : time;
}
