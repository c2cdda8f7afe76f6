using System.Text;
using System.Text.RegularExpressions;

namespace RucioOperator.Api;

/// <summary>
/// Subject of a certificate. Rucio compares it letter by letter with what httpd hands over (<c>SSL_CLIENT_S_DN</c>, with the
/// common names of proxies cut off: lib/rucio/core/authentication.py), so it is brought into exactly that form:
/// OpenSSL's RFC 2253 text, or its old form with slashes where the server has <c>LegacyDNStringFormat</c>.
/// </summary>
public sealed partial class DistinguishedName
{
    /// <summary>As OpenSSL writes them.</summary>
    private static readonly IReadOnlyDictionary<string, string> Keys = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["CN"] = "CN",
        ["OU"] = "OU",
        ["O"] = "O",
        ["C"] = "C",
        ["L"] = "L",
        ["ST"] = "ST",
        ["S"] = "ST",
        ["DC"] = "DC",
        ["UID"] = "UID",
        ["userId"] = "UID",
        ["SN"] = "SN",
        ["GN"] = "GN",
        ["street"] = "street",
        ["title"] = "title",
        ["serialNumber"] = "serialNumber",
        ["emailAddress"] = "emailAddress",
        ["email"] = "emailAddress",
        ["E"] = "emailAddress",
    };

    /// <summary>The holder's own name first, as in RFC 2253.</summary>
    private readonly IReadOnlyList<(string Key, string Value)> _parts;

    private DistinguishedName(IReadOnlyList<(string, string)> parts) => _parts = parts;

    /// <summary><c>CN=Alice Smith,OU=Users,DC=example,DC=org</c></summary>
    public string Rfc2253 => string.Join(',', _parts.Select(p => $"{p.Key}={Escape(p.Value)}"));

    /// <summary><c>/DC=org/DC=example/OU=Users/CN=Alice Smith</c></summary>
    public string Slashes => string.Concat(_parts.Reverse().Select(p => $"/{p.Key}={p.Value}"));

    /// <param name="text">Either form; blanks around separators and the case of keys don't matter.</param>
    /// <param name="problem">What is wrong with it, as the end of a sentence that begins with the field.</param>
    public static DistinguishedName? Parse(string text, out string? problem)
    {
        if (text.Any(c => c is < ' ' or > '~'))
        {
            problem = "must be plain ASCII in one line: httpd and Rucio do not agree on other letters";
            return null;
        }
        var parts = text.StartsWith('/') ? FromSlashes(text, out problem) : FromCommas(text, out problem);
        if (parts is null || (problem = Unfit(parts, ordered: !text.StartsWith('/'))) is not null)
        {
            return null;
        }
        return new DistinguishedName(parts);
    }

    private static string? Unfit(List<(string Key, string Value)> parts, bool ordered) => parts switch
    {
        [{ Key: "CN", Value: var name }, ..] when ProxyName().IsMatch(name) => "begins with a name of a proxy, which Rucio cuts off at login: give the subject of the certificate itself",
        [{ Key: "C" or "DC" }, .., { Key: "CN" }] when ordered => "is in the order of openssl's own output; RFC 2253 begins with the name, as in CN=Alice,O=Example,C=CH (or write it with slashes, /C=CH/O=Example/CN=Alice)",
        _ => null,
    };

    private static List<(string, string)>? FromSlashes(string text, out string? problem)
    {
        var parts = new List<(string, string)>();
        foreach (var part in SlashBeforeKey().Split(text[1..]))
        {
            if (!Add(parts, part[..Math.Max(0, part.IndexOf('='))], part[(part.IndexOf('=') + 1)..], out problem))
            {
                return null;
            }
        }
        parts.Reverse();
        problem = null;
        return parts;
    }

    private static List<(string, string)>? FromCommas(string text, out string? problem)
    {
        var parts = new List<(string, string)>();
        var (at, key) = (0, "");
        while (at <= text.Length)
        {
            var equals = text.IndexOf('=', at);
            key = equals < 0 ? text[at..] : text[at..equals];
            if (equals < 0)
            {
                Add(parts, key, "", out problem);
                problem ??= "must be a list of key=value, separated by commas";
                return null;
            }
            if (Value(text, equals + 1, out at, out problem) is not { } value || !Add(parts, key, value, out problem))
            {
                return null;
            }
        }
        problem = null;
        return parts;
    }

    /// <summary>Up to a comma that isn't escaped.</summary>
    private static string? Value(string text, int from, out int next, out string? problem)
    {
        var value = new StringBuilder();
        // Blanks at the end count when they are escaped.
        var keep = 0;
        for (next = from; next < text.Length && text[next] != ','; next++)
        {
            switch (text[next])
            {
                case '\\' when next + 2 < text.Length && char.IsAsciiHexDigit(text[next + 1]) && char.IsAsciiHexDigit(text[next + 2]):
                    var code = Convert.ToInt32(text.Substring(next + 1, 2), 16);
                    if (code is < ' ' or > '~')
                    {
                        problem = "must be plain ASCII in one line: httpd and Rucio do not agree on other letters";
                        return null;
                    }
                    value.Append((char)code);
                    (next, keep) = (next + 2, value.Length);
                    break;
                case '\\' when next + 1 < text.Length:
                    value.Append(text[++next]);
                    keep = value.Length;
                    break;
                case '\\' or '"' or '+' or '<' or '>' or ';':
                    problem = "has a character that needs a backslash before it (one of + \" \\ < > ;), or a part with two values";
                    return null;
                case ' ' when value.Length == 0:
                    break;
                default:
                    value.Append(text[next]);
                    keep = text[next] == ' ' ? keep : value.Length;
                    break;
            }
        }
        next++;
        problem = null;
        return value.ToString(0, keep);
    }

    private static bool Add(List<(string, string)> parts, string key, string value, out string? problem)
    {
        problem = (Keys.GetValueOrDefault(key.Trim()), value) switch
        {
            (null, _) => $"must be a list of key=value with keys out of {string.Join(", ", Keys.Values.Distinct())}",
            (_, "") => $"has no value for {key.Trim()}",
            var (known, _) => Added(known),
        };
        return problem is null;

        string? Added(string known)
        {
            parts.Add((known, value));
            return null;
        }
    }

    /// <summary>OpenSSL's ASN1_STRFLGS_ESC_2253.</summary>
    private static string Escape(string value)
    {
        var text = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] is ',' or '+' or '"' or '\\' or '<' or '>' or ';' || value[i] is ' ' or '#' && i == 0 || value[i] == ' ' && i == value.Length - 1)
            {
                text.Append('\\');
            }
            text.Append(value[i]);
        }
        return text.ToString();
    }

    [GeneratedRegex(@"^(limited proxy|proxy|[0-9]+)\z")]
    private static partial Regex ProxyName();

    [GeneratedRegex(@"/(?=(?:CN|OU|O|C|L|ST|S|DC|UID|userId|SN|GN|street|title|serialNumber|emailAddress|email|E)=)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SlashBeforeKey();
}
