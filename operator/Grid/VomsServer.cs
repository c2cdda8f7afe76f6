using System.Globalization;
using System.Xml;

namespace RucioOperator.Grid;

/// <summary>
/// The REST interface of VOMS servers: of the C++ server (src/server/vomsd-rest.cc), which doesn't decode the query and answers
/// errors with a status, and of IAM's (VOMSController.java), which answers them with status 200.
/// </summary>
internal static class VomsServer
{
    /// <exception cref="GridRefusedException">VomsRefused, VomsNotTrusted or VomsUnreachable.</exception>
    public static async Task<byte[]> AttributesAsync(GridHttp http, string vo, IReadOnlyList<string> fqans, TimeSpan lifetime, CancellationToken ct)
    {
        var answer = await http.SendAsync(HttpMethod.Get, Query(vo, fqans, lifetime), null, ct);
        var (attributes, code, message) = Read(answer.Body);
        return answer.Status switch
        {
            >= 200 and < 300 when attributes is { Length: > 0 } && message is null => attributes,
            >= 500 => throw new GridRefusedException(GridRefusedException.VomsUnreachable, message is null ? ServerWords.Of(answer) : ServerWords.Short(message)),
            _ when code == "InternalError" => throw new GridRefusedException(GridRefusedException.VomsUnreachable, ServerWords.Short(message ?? "")),
            _ when message is not null => throw new GridRefusedException(GridRefusedException.VomsRefused, ServerWords.Short(message)),
            400 or 401 or 403 => throw new GridRefusedException(GridRefusedException.VomsRefused, ServerWords.Of(answer)),
            >= 200 and < 300 => throw new GridRefusedException(GridRefusedException.VomsUnreachable, "it is no VOMS server: there is no attribute certificate in its answer"),
            404 => throw new GridRefusedException(GridRefusedException.VomsUnreachable, "it is no VOMS server, or one without the REST interface /generate-ac"),
            _ => throw new GridRefusedException(GridRefusedException.VomsUnreachable, ServerWords.Of(answer)),
        };
    }

    /// <exception cref="GridRefusedException">VomsRefused: a name that could not be sent as it is.</exception>
    private static string Query(string vo, IReadOnlyList<string> fqans, TimeSpan lifetime)
    {
        var wanted = fqans.Count > 0 ? fqans : [$"/{vo}"];
        if (wanted.FirstOrDefault(f => !f.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '=' or '.' or '_' or '-')) is { } odd)
        {
            throw new GridRefusedException(GridRefusedException.VomsRefused, ServerWords.Short($"{odd} is no FQAN"));
        }
        return string.Create(CultureInfo.InvariantCulture, $"/generate-ac?fqans={string.Join(',', wanted)}&lifetime={(long)lifetime.TotalSeconds}");
    }

    /// <summary>&lt;voms&gt; with &lt;ac&gt; and perhaps &lt;warning&gt;, or with &lt;error&gt; of &lt;code&gt; and &lt;message&gt;; the C++ server nests an &lt;item&gt;.</summary>
    private static (byte[]? Attributes, string? Code, string? Message) Read(string body)
    {
        var (attributes, code, message, isError) = ((byte[]?)null, (string?)null, (string?)null, false);
        try
        {
            using var xml = XmlReader.Create(new StringReader(body), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreWhitespace = true, IgnoreComments = true });
            for (var more = xml.Read(); more;)
            {
                switch (xml.NodeType == XmlNodeType.Element && !xml.IsEmptyElement ? xml.Name : "")
                {
                    case "ac":
                        attributes = Convert.FromBase64String(xml.ReadElementContentAsString());
                        break;
                    case "code" when isError:
                        code = xml.ReadElementContentAsString().Trim();
                        break;
                    case "message" when isError && message is null:
                        message = xml.ReadElementContentAsString();
                        break;
                    case "error":
                        (isError, more) = (true, xml.Read());
                        break;
                    default:
                        more = xml.Read();
                        break;
                }
                more &= !xml.EOF;
            }
        }
        catch (Exception error) when (error is XmlException or FormatException)
        {
            return (null, null, null);
        }
        return (attributes, code, message ?? (isError ? code ?? "an error without words" : null));
    }
}
