using System.Text.RegularExpressions;

namespace RucioOperator.Api;

/// <summary>Accepts what Rucio accepts, but for keys that make its query fail, or reach beyond the VO, in every process that evaluates them.</summary>
internal sealed partial class RseExpressionParser(string text)
{
    /// <summary>
    /// <c>=</c> and flags on these are columns of Rucio's table, or methods of its class, and no attributes (core/rse.py list_rses asks
    /// hasattr first): the wrong value or type is an error of the whole call, and the transmogrifier serves all VOs.
    /// </summary>
    private static readonly HashSet<string> Reserved =
    [
        "ASN", "ISP", "availability", "city", "continent", "country_name", "created_at", "delete", "deleted", "deleted_at", "from_str", "id", "items", "keys", "latitude", "longitude",
        "metadata", "next", "qos_class", "region_code", "registry", "save", "time_zone", "to_dict", "update", "updated_at", "usage", "values", "vo",
    ];

    private static readonly HashSet<string> Booleans = ["deterministic", "volatile", "staging_area", "availability_read", "availability_write", "availability_delete"];

    private int _at;

    public RseExpression Whole()
    {
        var expression = Terms();
        return _at == text.Length ? expression : throw Wrong(text[_at] == ')' ? "a ) without its (" : "expected |, & or \\");
    }

    private RseExpression Terms()
    {
        var left = Term();
        while (_at < text.Length && text[_at] is '|' or '&' or '\\')
        {
            left = new RseExpression.Joined(left, text[_at++], Term());
        }
        return left;
    }

    private RseExpression Term()
    {
        if (_at == text.Length || text[_at] != '(')
        {
            return Primitive();
        }
        _at++;
        var inner = Terms();
        if (_at == text.Length)
        {
            throw Wrong("a ( is not closed");
        }
        return text[_at] == ')' && ++_at > 0 ? inner : throw Wrong("expected |, &, \\ or )");
    }

    private RseExpression Primitive()
    {
        var match = AttributeForm().Match(text, _at) is { Success: true } attribute ? attribute : PlainForm().Match(text, _at);
        if (!match.Success)
        {
            throw Wrong("expected the name of a storage, key=value, key<number, key>number or *");
        }
        var start = _at;
        _at += match.Length;
        return match.ValueSpan is "*" ? new RseExpression.All()
            : !match.Groups["sign"].Success ? Flag(match.Value, start)
            : match.Groups["sign"].ValueSpan is "=" ? Equal(match.Groups["key"].Value, match.Groups["value"].Value, start)
            : PythonFloat.TryParse(match.Groups["value"].Value, out var number) ? new RseExpression.Compared(match.Groups["key"].Value, match.Groups["sign"].ValueSpan is "<", number)
            : throw Wrong($"{match.Groups["value"].Value} is no number", start);
    }

    private RseExpression.Flag Flag(string key, int at) => Reserved.Contains(key) || key is "rse" or "rse_type" ? throw Wrong(NotUsable(key), at) : new(key);

    private RseExpression.Equal Equal(string key, string value, int at) => key switch
    {
        _ when Reserved.Contains(key) || key[0] == '_' => throw Wrong(NotUsable(key), at),
        _ when Booleans.Contains(key) && value.ToLowerInvariant() is not ("true" or "false" or "0" or "1") => throw Wrong($"{key} is true or false", at),
        "rse_type" when value is not ("DISK" or "TAPE") => throw Wrong("rse_type is DISK or TAPE", at),
        _ => new(key, value),
    };

    private static string NotUsable(string key) => $"{key} can't be asked for: it is no attribute of a storage; give the storages an attribute of another name";

    private FormatException Wrong(string problem, int? at = null) => new($"{problem} (at character {(at ?? _at) + 1})");

    [GeneratedRegex(@"\G(?<key>[A-Za-z0-9._-]+)(?<sign>[=<>])(?<value>[A-Za-z0-9_-]+)")]
    private static partial Regex AttributeForm();

    [GeneratedRegex(@"\G(?:[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*|\*)")]
    private static partial Regex PlainForm();
}
