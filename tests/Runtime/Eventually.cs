using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace RucioOperator.Tests.Runtime;

/// <summary>Waits on conditions, with a deadline; never for a fixed time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <param name="clock">Moved on in small steps while waiting, so that pauses of the code under test pass.</param>
    /// <param name="step">100 ms unless said.</param>
    /// <param name="pause">Between two steps, 1 ms unless said: the longer, the less a call that is slow takes by the clock.</param>
    public static async Task TrueAsync(Func<bool> condition, FakeTimeProvider? clock = null, string? what = null, TimeSpan? step = null, TimeSpan? pause = null)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Deadline)
                Assert.Fail($"not within {Deadline.TotalSeconds} s: {what ?? "the condition"}");
            clock?.Advance(step ?? TimeSpan.FromMilliseconds(100));
            await Task.Delay(pause ?? TimeSpan.FromMilliseconds(1));
        }
    }

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Deadline)
                Assert.Fail($"not within {Deadline.TotalSeconds} s: {what}");
            await Task.Delay(20);
        }
    }
}
