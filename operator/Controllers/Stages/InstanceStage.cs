using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>One step of an instance's pass. A stage that is met reports its condition true (or leaves that to a later one).</summary>
/// <param name="Condition">Where its end of the pass, and any exception out of it, is told.</param>
/// <param name="RunAsync">Null: met, go on with the next one.</param>
/// <param name="Looks">Part of a pass that only looks as well: it writes nothing then.</param>
internal sealed record InstanceStage(string Condition, Func<InstanceWork, CancellationToken, Task<Outcome?>> RunAsync, bool Looks = false);
