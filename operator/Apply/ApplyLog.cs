using Microsoft.Extensions.Logging;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

internal static partial class ApplyLog
{
    [LoggerMessage(200, LogLevel.Information, "{Verb} {Kind} {Key}")]
    public static partial void Changed(ILogger logger, ChildVerb verb, string kind, ObjectKey key);

    [LoggerMessage(202, LogLevel.Information, "{Verb} Secret {Key}, a credential of the operator's")]
    public static partial void Credential(ILogger logger, string verb, ObjectKey key);

    [LoggerMessage(201, LogLevel.Information, "{Vo}: {Change}")]
    public static partial void Made(ILogger logger, string vo, RucioOperator.Planning.Change change);
}
