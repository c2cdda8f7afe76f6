using Microsoft.Extensions.Logging;

namespace RucioOperator.Observed;

internal static partial class ObservedLog
{
    [LoggerMessage(400, LogLevel.Information, "{Kind} ({ApiVersion}) is served")]
    public static partial void KindServed(ILogger logger, string kind, string apiVersion);

    [LoggerMessage(401, LogLevel.Warning, "{Kind} ({ApiVersion}) is no longer served")]
    public static partial void KindGone(ILogger logger, string kind, string apiVersion);

    [LoggerMessage(402, LogLevel.Warning, "Which kinds the cluster serves is not known yet: {Reason}")]
    public static partial void DiscoveryFailed(ILogger logger, string reason);
}
