namespace RucioOperator.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(500, LogLevel.Critical, "The runtime ended, and the process with it")]
    public static partial void Ended(ILogger logger, Exception error);

    [LoggerMessage(501, LogLevel.Error, "Not alive any more, which /livez tells: {Troubles}")]
    public static partial void Standstill(ILogger logger, string troubles);
}
