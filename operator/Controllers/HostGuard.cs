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
        var asked = Asked(instance, hosts);
        var refused = RefusedByName(instance, asked, closed);
        foreach (var (host, addresses) in await names.ResolveAsync([.. asked.Where(h => ClosedHosts.Literal(h) is null && !refused.ContainsKey(h))], ct))
        {
            if (addresses.Select(closed.Why).OfType<string>().FirstOrDefault() is { } why)
            {
                refused[host] = Words(instance, host, $"a name that leads to {why}");
            }
        }
        return refused;
    }

    /// <summary>The same as far as the names themselves go: nobody is asked where they lead.</summary>
    internal static Dictionary<string, string> RefusedByName(RucioInstance instance, IEnumerable<string> hosts, ClosedHosts closed)
    {
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var host in Asked(instance, hosts))
        {
            if ((ClosedHosts.Literal(host) is { } address ? closed.Why(address) : ClosedHosts.Why(host)) is { } why)
            {
                refused[host] = Words(instance, host, why);
            }
        }
        return refused;
    }

    private static List<string> Asked(RucioInstance instance, IEnumerable<string> hosts) =>
        [.. hosts.Distinct(StringComparer.Ordinal).Where(h => !ClosedHosts.IsAllowed(h, instance.Spec.Tenancy?.AllowedHosts))];

    private static string Words(RucioInstance instance, string host, string why) =>
        $"{host} is {why}: the platform engineer of RucioInstance {ObjectKey.Of(instance)} may allow it in spec.tenancy.allowedHosts";

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
