using Microsoft.Extensions.Logging;

namespace RucioOperator.Runtime;

internal static partial class RuntimeLog
{
    [LoggerMessage(100, LogLevel.Warning, "Watch of {Kind} failed, again in {Pause}: {Error}")]
    public static partial void WatchFailed(ILogger logger, string kind, string error, TimeSpan pause);

    [LoggerMessage(101, LogLevel.Information, "Caches are in sync: {Objects} objects of {Kinds} kinds")]
    public static partial void Synced(ILogger logger, int objects, int kinds);

    [LoggerMessage(102, LogLevel.Error, "{Kind} {Key} does not fit its type and is left as it was last seen")]
    public static partial void Undecodable(ILogger logger, string kind, ObjectKey key);

    [LoggerMessage(103, LogLevel.Error, "A reader of {Kind} {Key} failed on it")]
    public static partial void OddObject(ILogger logger, Exception error, string kind, ObjectKey key);

    [LoggerMessage(104, LogLevel.Warning, "Namespace {Namespace} of the option namespaces can't be read: it or the operator's Role in it is missing; the others are served, it is tried again")]
    public static partial void NamespaceClosed(ILogger logger, string @namespace);

    [LoggerMessage(110, LogLevel.Warning, "{Controller} {Key} failed, again in {Delay}: {Report}")]
    public static partial void Failed(ILogger logger, string controller, ObjectKey key, TimeSpan delay, string report);

    [LoggerMessage(111, LogLevel.Error, "{Controller} {Key} failed, again in {Delay}")]
    public static partial void Broke(ILogger logger, Exception error, string controller, ObjectKey key, TimeSpan delay);

    [LoggerMessage(112, LogLevel.Warning, "{Controller} {Key} rejected: {Reason}: {Message}")]
    public static partial void Rejected(ILogger logger, string controller, ObjectKey key, string reason, string message);

    [LoggerMessage(120, LogLevel.Information, "Leading as {Identity}")]
    public static partial void Leading(ILogger logger, string identity);

    [LoggerMessage(121, LogLevel.Information, "Lease {Lease} is held by {Holder}; standing by with warm caches")]
    public static partial void StandingBy(ILogger logger, ObjectKey lease, string holder);

    [LoggerMessage(122, LogLevel.Warning, "Lease {Lease} not renewed: {Error}")]
    public static partial void NotRenewed(ILogger logger, ObjectKey lease, string error);

    [LoggerMessage(123, LogLevel.Information, "Lease {Lease} released")]
    public static partial void Released(ILogger logger, ObjectKey lease);

    [LoggerMessage(124, LogLevel.Warning, "Lease {Lease} not released, the next leader waits for its end: {Error}")]
    public static partial void NotReleased(ILogger logger, ObjectKey lease, string error);
}
