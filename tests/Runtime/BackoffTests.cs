using CsCheck;
using NUnit.Framework;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Runtime;

public sealed class BackoffTests
{
    [Test]
    public void It_stays_within_the_jitter_of_the_doubled_delay_and_never_passes_the_cap() =>
        Gen.Select(Gen.Int[0, 10_000], Gen.Int[0, int.MaxValue]).Sample((failures, seed) =>
        {
            var plain = Math.Min(5 * Math.Pow(2, Math.Min(failures, 40)), 300_000);
            var delay = new Backoff(new Random(seed)).Delay(failures).TotalMilliseconds;
            return delay >= plain * 0.9 - 1e-6 && delay <= Math.Min(plain * 1.1 + 1e-6, 300_000);
        });
}
