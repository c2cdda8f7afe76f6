using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RucioOperator.Api;

/// <summary>A storage endpoint in Rucio's parts: a protocol's key is (scheme, host, port).</summary>
/// <param name="Host">Lower case, IPv6 in brackets, since Rucio builds URLs by joining the parts.</param>
/// <param name="Port">0 where the scheme has none.</param>
/// <param name="Prefix">With a leading and a trailing slash; <c>root</c> may lead with two, which xrootd servers tell apart.</param>
public sealed partial record Endpoint(string Scheme, string Host, int Port, string Prefix)
{
    /// <summary>Of SRM, such as <c>/srm/managerv2?SFN=</c>; null: the URL has none. Rucio takes three of them (lib/rucio/rse/protocols/gfal.py, parse_pfns).</summary>
    public string? WebServicePath { get; init; }

    /// <summary>Rucio looks for the end of a host at its first colon.</summary>
    public bool IsIpv6 => Host.StartsWith('[');

    private static readonly FrozenDictionary<string, int> UsualPorts = new Dictionary<string, int>
    {
        ["davs"] = 443,
        ["https"] = 443,
        ["http"] = 80,
        ["root"] = 1094,
        ["srm+https"] = 8443,
        ["storm"] = 8443,
        ["s3"] = 443,
        ["file"] = 0,
    }.ToFrozenDictionary();

    public static IReadOnlyCollection<string> Schemes => UsualPorts.Keys;

    public override string ToString() => Scheme == "file" ? $"file://{Prefix}" : $"{Scheme}://{Host}:{Port}{WebServicePath}{Prefix}";

    /// <exception cref="FormatException">Says what is wrong without repeating the text, which may hold a password.</exception>
    public static Endpoint Parse(string url) => TryParse(url, out var endpoint, out var fault) ? endpoint : throw new FormatException(fault);

    public static bool TryParse(string url, [NotNullWhen(true)] out Endpoint? endpoint, [NotNullWhen(false)] out string? fault)
    {
        (endpoint, fault) = Read(url);
        return endpoint is not null;
    }

    private static (Endpoint?, string?) Read(string url)
    {
        if (Parts().Match(url) is not { Success: true } parts)
        {
            return (null, "an endpoint is scheme://host[:port]/prefix without user and password, or file:///prefix");
        }

        var scheme = parts.Groups["scheme"].Value;
        if (!UsualPorts.TryGetValue(scheme, out var port))
        {
            return (null, $"the scheme must be one of: {string.Join(", ", UsualPorts.Keys.Order(StringComparer.Ordinal))}");
        }

        var prefix = parts.Groups["prefix"].Value;
        if (PrefixFault(scheme, prefix) is { } fault)
        {
            return (null, fault);
        }

        prefix = prefix.EndsWith('/') ? prefix : prefix + "/";
        var (host, portText) = (parts.Groups["host"].Value.ToLowerInvariant(), parts.Groups["port"].Value);
        if (scheme == "file")
        {
            // Rucio's own default host; its posix protocol looks at the path alone.
            return host == "" && portText == "" ? (new(scheme, "localhost", 0, prefix), null) : (null, "file has no host: file:///prefix");
        }

        if (portText != "" && (!int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
        {
            return (null, "the port must be 1 to 65535");
        }

        var service = parts.Groups["service"] is { Success: true, Value: var written } ? written : null;
        if (service is not null && scheme != "srm+https")
        {
            return (null, $"{service} belongs to srm+https");
        }

        return Canonical(host) is { } canonical ? (new(scheme, canonical, port, prefix) { WebServicePath = service }, null) : (null, "the host must be a name, an IPv4 address or an IPv6 address in brackets");
    }

    private static string? PrefixFault(string scheme, string prefix)
    {
        var segments = prefix.Split('/', StringSplitOptions.None);
        if (segments.Any(s => s is "." or ".."))
        {
            return "the prefix must not contain . or .. as a directory";
        }

        var first = scheme == "root" && prefix.StartsWith("//", StringComparison.Ordinal) ? 2 : 1;
        if (segments.Skip(first).SkipLast(1).Any(s => s == ""))
        {
            return "the prefix must not contain an empty directory (//)";
        }

        return scheme == "file" && prefix == "/" ? "file:/// needs a directory" : null;
    }

    private static string? Canonical(string host)
    {
        if (host.StartsWith('['))
        {
            return IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : null;
        }

        return host.Length <= 253 && HostName().IsMatch(host) ? host : null;
    }

    [GeneratedRegex(@"^(?<scheme>[a-z0-9+]+)://(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]*)(:(?<port>[0-9]{1,5}))?(?<service>/srm/(managerv[12]|v2/server)\?SFN=)?(?<prefix>/[A-Za-z0-9._~/@:+=,-]*)\z")]
    private static partial Regex Parts();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\z")]
    private static partial Regex HostName();
}
