using Microsoft.Extensions.Logging;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

internal static partial class ApplyLog
{
    [LoggerMessage(200, LogLevel.Information, "{Verb} {Kind} {Key}")]
    public static partial void Changed(ILogger logger, ChildVerb verb, string kind, ObjectKey key);
}
