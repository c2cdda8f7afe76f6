using System.Globalization;
using System.Text.RegularExpressions;

namespace RucioOperator.Api;

/// <summary>Where a VO's attributes are given out.</summary>
/// <param name="Dn">Subject of the server's certificate, with slashes; null: any that is trusted for the host.</param>
public sealed partial record VomsServerAddress(string Vo, string Host, int Port, string? Dn)
{
    /// <param name="vomsesLine">As VOMS servers publish it: <c>"alias" "host" "port" "subject of its certificate" "vo"</c>, in some with a version behind.</param>
    /// <param name="problem">What is wrong with it, as the end of a sentence that begins with the field.</param>
    public static VomsServerAddress? Parse(string vomsesLine, out string? problem)
    {
        var line = vomsesLine.Trim();
        var words = Word().Matches(line).Select(m => m.Groups[1].Value).ToList();
        problem = words switch
        {
            _ when !Line().IsMatch(line) || words.Count < 5 => """must be one line of a vomses file: "alias" "host" "port" "subject of its certificate" "vo", each in quotation marks""",
            [_, var host, ..] when !HostName().IsMatch(host) => "has no host name in second place",
            [_, _, var port, ..] when !int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65535 => "has no port in third place",
            [_, _, _, var dn, ..] when !dn.StartsWith('/') || dn.Any(c => c is < ' ' or > '~') => "has no subject of a certificate in fourth place, such as /DC=org/DC=example/CN=voms.example.org",
            [_, _, _, _, var vo, ..] when !Name().IsMatch(vo) => "has no name of a VO in fifth place",
            _ => null,
        };
        return problem is null ? new(words[4], words[1], int.Parse(words[2], CultureInfo.InvariantCulture), words[3]) : null;
    }

    [GeneratedRegex(@"^""[^""\r\n]*""([ \t]+""[^""\r\n]*""){4,6}\z")]
    private static partial Regex Line();

    [GeneratedRegex(@"""([^""]*)""")]
    private static partial Regex Word();

    [GeneratedRegex(@"^(?=.{1,253}\z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\z")]
    private static partial Regex HostName();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}\z")]
    private static partial Regex Name();
}
