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

    [LoggerMessage(203, LogLevel.Information, "Made a proxy of {Holder} until {Until}")]
    public static partial void Proxy(ILogger logger, Transfers.Holder? holder, string until);

    [LoggerMessage(204, LogLevel.Information, "Delegated the proxy of {Holder} to {Server} until {Until}")]
    public static partial void Delegated(ILogger logger, Transfers.Holder? holder, Uri server, string until);

    [LoggerMessage(205, LogLevel.Information, "Took back what {Server} held of {Holder}")]
    public static partial void TakenBack(ILogger logger, Transfers.Holder? holder, Uri server);
}
