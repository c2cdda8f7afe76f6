using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RucioOperator.Grid;

/// <summary>What a grid server says of itself, in words fit for a status: one short line of plain text.</summary>
internal static partial class ServerWords
{
    public const int Longest = 200;

    /// <summary>FTS speaks JSON in its views and HTML (Werkzeug's) before them; Apache HTML.</summary>
    public static string Of(GridAnswer answer) => Short(Said(answer.Body) is { Length: > 0 } said ? $"it answers {answer.Status}: {said}" : $"it answers {answer.Status}");

    /// <summary>Control characters and runs of blanks become one blank each.</summary>
    public static string Short(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, Longest));
        foreach (var sign in text)
        {
            if (line.Length == Longest)
            {
                break;
            }
            var isBlank = char.IsWhiteSpace(sign) || char.IsControl(sign) || char.IsSurrogate(sign) || char.GetUnicodeCategory(sign) == System.Globalization.UnicodeCategory.Format;
            if (!isBlank)
            {
                line.Append(sign);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }
        return line.ToString().TrimEnd();
    }

    private static string Said(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String ? message.GetString()! : "";
        }
        catch (JsonException)
        {
            var paragraph = Paragraph().Match(body) is { Success: true } found ? found.Groups[1].Value : body;
            return WebUtility.HtmlDecode(Tag().Replace(paragraph, " ")).Trim();
        }
    }

    [GeneratedRegex("<p>(.{1,2000}?)</p>", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Paragraph();

    [GeneratedRegex("<[^>]{0,500}>", RegexOptions.CultureInvariant)]
    private static partial Regex Tag();
}
