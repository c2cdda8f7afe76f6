using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>
/// What is done for a VO once only the operator opens its root: things in Kubernetes,
/// checks. Each stands for itself: trouble in one is told in its condition and the next one runs all the same.
/// </summary>
/// <param name="Condition">Where trouble and any exception is told.</param>
/// <param name="RunAsync">Null: met, or nothing to say. Otherwise the VO is not Ready for this.</param>
internal sealed record VoStage(string Condition, Func<VoWork, CancellationToken, Task<Outcome?>> RunAsync);
