using System.Net;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>May a tenant name this host? Literal addresses and names of the cluster are known at once, others by where they lead.</summary>
public sealed class HostGuard(HostNames names, ClosedHosts closed)
{
    public const string HostNotAllowed = nameof(HostNotAllowed);

    /// <summary>Why not, by host; hosts that may be named are left out.</summary>
    /// <param name="hosts">Lower case, IPv6 in brackets, as <see cref="Endpoint.Host"/> is.</param>
    public async Task<IReadOnlyDictionary<string, string>> RefusedAsync(RucioInstance instance, IEnumerable<string> hosts, CancellationToken ct)
    {
        var asked = hosts.Distinct(StringComparer.Ordinal).Where(h => !ClosedHosts.IsAllowed(h, instance.Spec.Tenancy?.AllowedHosts)).ToList();
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        var unknown = new List<string>();
        foreach (var host in asked)
        {
            if (ClosedHosts.Literal(host) is { } address)
            {
                Add(host, closed.Why(address));
            }
            else if (ClosedHosts.Why(host) is { } why)
            {
                Add(host, why);
            }
            else
            {
                unknown.Add(host);
            }
        }
        foreach (var (host, addresses) in await names.ResolveAsync(unknown, ct))
        {
            Add(host, addresses.Select(closed.Why).OfType<string>().FirstOrDefault() is { } why ? $"a name that leads to {why}" : null);
        }
        return refused;

        void Add(string host, string? why)
        {
            if (why is not null)
            {
                refused[host] = $"{host} is {why}: the platform engineer of RucioInstance {ObjectKey.Of(instance)} may allow it in spec.tenancy.allowedHosts";
            }
        }
    }

    /// <summary>
    /// Where the operator itself may connect to for a tenant who names this host: to these addresses, as they were looked at here,
    /// and not to what the name leads to a moment later.
    /// </summary>
    /// <returns>Null: nowhere. Empty: the name leads nowhere.</returns>
    public async Task<IReadOnlyList<IPAddress>?> ReachAsync(string host, IReadOnlyList<string>? allowed, CancellationToken ct)
    {
        var isAllowed = ClosedHosts.IsAllowed(host, allowed);
        if (!isAllowed && ClosedHosts.Literal(host) is null && ClosedHosts.Why(host) is not null)
        {
            return null;
        }
        var addresses = ClosedHosts.Literal(host) is { } address ? [address] : (await names.ResolveAsync([host], ct))[host];
        // One closed address among others is enough: whoever answers with it wants us there.
        return isAllowed || !addresses.Any(a => closed.Why(a) is not null || ClosedHosts.IsPrivate(a)) ? addresses : null;
    }
}
