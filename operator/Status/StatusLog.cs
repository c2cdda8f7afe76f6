using Microsoft.Extensions.Logging;
using RucioOperator.Runtime;

namespace RucioOperator.Status;

internal static partial class StatusLog
{
    [LoggerMessage(210, LogLevel.Warning, "Event {Reason} of {Key} not written: {Error}")]
    public static partial void EventNotWritten(ILogger logger, string reason, ObjectKey key, string error);
}
