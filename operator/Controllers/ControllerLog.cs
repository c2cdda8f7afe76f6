using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

internal static partial class ControllerLog
{
    [LoggerMessage(300, LogLevel.Information, "{Vo}: VO {Tag} is out of service; in Rucio remain {Remains}")]
    public static partial void Offboarded(ILogger logger, ObjectKey vo, string tag, Remains? remains);
}
