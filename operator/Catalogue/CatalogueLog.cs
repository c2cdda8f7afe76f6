using Microsoft.Extensions.Logging;

namespace RucioOperator.Catalogue;

internal static partial class CatalogueLog
{
    [LoggerMessage(220, LogLevel.Information, "{Verb} {What} {Name} in PostgreSQL at {Host}")]
    public static partial void Changed(ILogger logger, string verb, string what, string name, string host);
}
