#pragma warning disable CS9113
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Status;

/// <summary>The one writer of <c>/status</c> of a kind.</summary>
public sealed class StatusWriter<T>(KubeApi api, Informer<T> informer, string controller) where T : class, IRucioResource
{
    /// <summary>Writes the status of <paramref name="desired"/> if it differs from that of <paramref name="current"/>; a gone object is no error.</summary>
    /// <returns>Whether something was written.</returns>
    public Task<bool> WriteAsync(T current, T desired, CancellationToken cancellationToken) => throw new NotImplementedException();
}
