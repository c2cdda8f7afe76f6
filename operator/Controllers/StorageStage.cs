using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>
/// What is done or told once the plan for a VO's storages was carried out. Each stands for itself: an exception of one is told
/// in its condition, on the storages that are in Rucio, and the next one runs all the same.
/// </summary>
/// <param name="Condition">Beside the way to Ready, unless the stage itself calls <see cref="Report.Unmet"/>.</param>
/// <param name="RunAsync">When the VO's storages want to be looked at again; null: with the next event or drift pass.</param>
internal sealed record StorageStage(string Condition, Func<StorageWork, CancellationToken, Task<TimeSpan?>> RunAsync);
