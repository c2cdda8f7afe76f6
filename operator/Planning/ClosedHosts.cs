using System.Net;
using System.Net.Sockets;

namespace RucioOperator.Planning;

/// <summary>
/// Hosts that no tenant may name: what answers there is the cluster's own, or the machine's, and Rucio's pods reach it where
/// the tenant does not. First rule that fits wins.
/// </summary>
/// <param name="Cluster">Ranges of pods and Services.</param>
public sealed record ClosedHosts(IReadOnlyList<IPNetwork> Cluster)
{
    /// <summary>Inside a pod these lead to Services, whatever they mean elsewhere.</summary>
    private static readonly string[] ClusterDomains = ["svc", "local", "localhost", "internal"];

    /// <summary>IPv4 addresses in IPv6 clothes: NAT64 (RFC 6052), 6to4 (RFC 3056) and the oldest form, which nobody routes (RFC 4291, 2.5.5.1).</summary>
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96"), SixToFour = IPNetwork.Parse("2002::/16"), Compatible = IPNetwork.Parse("::/96"), Ipv6Loopback = IPNetwork.Parse("::/127");

    /// <summary>Networks of one's own (RFC 1918, 6598, 4193, 8215): storages may be there, and so may everything else that is nobody's business.</summary>
    private static readonly IPNetwork[] Private = [.. "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7,fec0::/10,64:ff9b:1::/48".Split(',').Select(n => IPNetwork.Parse(n))];

    private static readonly (IPNetwork Range, string What)[] Ranges =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "the machine itself"),
        (IPNetwork.Parse("127.0.0.0/8"), "a loopback address"),
        (IPNetwork.Parse("169.254.0.0/16"), "a link-local address"),
        (IPNetwork.Parse("224.0.0.0/3"), "a multicast or reserved address"),
        (Ipv6Loopback, "a loopback address"),
        (IPNetwork.Parse("fe80::/10"), "a link-local address"),
        (IPNetwork.Parse("ff00::/8"), "a multicast address"),
    ];

    /// <param name="host">As an endpoint has it: lower case, IPv6 in brackets.</param>
    /// <param name="allowed">Exact hosts, or <c>*.</c> and a domain.</param>
    public static bool IsAllowed(string host, IReadOnlyList<string>? allowed) =>
        allowed?.Any(a => a == host || a.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(a[1..], StringComparison.Ordinal)) == true;

    /// <summary>The address that a host is, in any form that C libraries take (<c>127.1</c>, <c>0x7f000001</c>); null: it is a name.</summary>
    public static IPAddress? Literal(string host) => IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address : null;

    /// <summary>Null: nothing against this name, as far as the name goes.</summary>
    public static string? Why(string host) => host.TrimEnd('.').Split('.') switch
    {
        ["localhost"] => "a loopback address",
        [_] => "a name without a domain, which is one of the cluster's own",
        [.., var last] when ClusterDomains.Contains(last) => "a name of the cluster's own",
        _ => null,
    };

    /// <summary>Null: nothing against this address.</summary>
    public string? Why(IPAddress address)
    {
        var plain = Unwrapped(address);
        return Ranges.Where(r => r.Range.BaseAddress.AddressFamily == plain.AddressFamily && r.Range.Contains(plain)).Select(r => r.What).FirstOrDefault()
            ?? (Cluster.Any(n => n.BaseAddress.AddressFamily == plain.AddressFamily && n.Contains(plain)) ? "an address inside the cluster" : null);
    }

    /// <summary>In a network that the world can't see: a tenant may name it, but learns nothing of it from the operator.</summary>
    public static bool IsPrivate(IPAddress address)
    {
        var plain = Unwrapped(address);
        return Private.Any(n => n.BaseAddress.AddressFamily == plain.AddressFamily && n.Contains(plain));
    }

    private static IPAddress Unwrapped(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }
        var bytes = address.GetAddressBytes();
        return Nat64.Contains(address) || Compatible.Contains(address) && !Ipv6Loopback.Contains(address) ? new IPAddress(bytes.AsSpan(12, 4)) : SixToFour.Contains(address) ? new IPAddress(bytes.AsSpan(2, 4)) : new IPAddress(bytes);
    }
}
