using System.Globalization;
using System.Text.RegularExpressions;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>
/// RSE expressions with the regular expressions of Rucio's parser: what isn't matched to the end is refused, operators apply from
/// left to right, a bare word or <c>=</c> on a column of the table asks the column. Not cached here.
/// </summary>
internal static partial class RseExpressions
{
    private static readonly string[] Booleans = ["deterministic", "volatile", "staging_area", "availability_read", "availability_write", "availability_delete"];

    /// <summary>What hasattr(models.RSE, key) finds besides: SQLAlchemy or PostgreSQL stumbles over columns of another type, and methods equal nothing.</summary>
    private static readonly HashSet<string> Stumbling = ["id", "availability", "created_at", "updated_at", "deleted", "deleted_at", "latitude", "longitude", "usage"];

    private static readonly HashSet<string> Methods = ["delete", "from_str", "items", "keys", "metadata", "next", "registry", "save", "to_dict", "update", "values"];

    private sealed record Rse(Guid Id, string Name, Dictionary<string, string> Columns, Dictionary<string, string> Attributes);

    public static async Task<IReadOnlyList<(Guid Id, string Name)>> EvaluateAsync(Session db, string vo, string expression)
    {
        CheckSyntax(expression);
        var rses = await db.QueryAsync($"SELECT id, rse, rse_type::text, {string.Join(", ", Booleans)} FROM rses WHERE vo = $1 AND NOT deleted ORDER BY rse",
            r => (Id: r.GetGuid(0), Columns: Booleans.Select((name, i) => (name, r.GetBoolean(3 + i) ? "true" : "false")).Append(("rse", r.GetString(1))).Append(("rse_type", r.GetString(2))).ToDictionary()), vo);
        var attributes = (await db.QueryAsync("SELECT a.rse_id, a.key, a.value FROM rse_attr_map a JOIN rses r ON r.id = a.rse_id WHERE r.vo = $1 AND NOT r.deleted",
            r => (Rse: r.GetGuid(0), Key: r.GetString(1), Value: r[2] as string ?? ""), vo)).ToLookup(a => a.Rse);
        List<Rse> all = [.. rses.Select(r => new Rse(r.Id, r.Columns["rse"], r.Columns, attributes[r.Id].ToDictionary(a => a.Key, a => a.Value)))];
        var chosen = Resolve(expression, all);
        return chosen.Count > 0 ? [.. all.Where(chosen.Contains).Select(r => (r.Id, r.Name))] : throw Invalid("RSE Expression resulted in an empty set.");
    }

    private static void CheckSyntax(string expression)
    {
        var open = 0;
        foreach (var character in expression)
        {
            open += character switch { '(' => 1, ')' => -1, _ => 0 };
            if (open < 0)
                throw Invalid("Problem with parentheses.");
        }
        if (open != 0)
            throw Invalid("Problem with parentheses.");
        if (Whole().Match(expression) is not { Success: true } match || match.Value != expression)
            throw Invalid("Expression does not comply to RSE Expression syntax");
    }

    /// <summary>__resolve_term_expression, step by step.</summary>
    private static HashSet<Rse> Resolve(string expression, IReadOnlyList<Rse> all)
    {
        HashSet<Rse>? left = null;
        var sign = '|';
        while (expression.Length > 0)
        {
            if (expression[0] is '|' or '&' or '\\')
            {
                (sign, expression) = (expression[0], expression[1..]);
                continue;
            }
            var inner = expression[0] == '(' ? Inner(expression) : null;
            var primitive = inner is null ? Part().Match(expression).Value : inner;
            var right = inner is null ? Primitive(primitive, all) : Resolve(inner, all);
            expression = expression[(primitive.Length + (inner is null ? 0 : 2))..];
            left = left is null ? right : [.. sign switch { '|' => left.Union(right), '&' => left.Intersect(right), _ => left.Except(right) }];
        }
        return left ?? [];
    }

    private static string Inner(string expression)
    {
        var open = 0;
        for (var i = 0; ; i++)
        {
            open += expression[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (open == 0)
                return expression[1..i];
        }
    }

    private static HashSet<Rse> Primitive(string text, IReadOnlyList<Rse> all)
    {
        if (text.IndexOfAny(['=', '<', '>']) is var at && at < 0)
            return text == "*" ? [.. all] : Equal(text, null, all);
        var (key, value) = (text[..at], text[(at + 1)..]);
        return text[at] == '='
            ? Equal(key, value, all)
            : [.. all.Where(r => r.Attributes.TryGetValue(key, out var have) && Float(have) is { } a && Float(value) is { } b && (text[at] == '<' ? a < b : a > b))];
    }

    private static HashSet<Rse> Equal(string key, string? value, IReadOnlyList<Rse> all)
    {
        if (Stumbling.Contains(key) || key.StartsWith('_') || value is null && key is "rse" or "rse_type" or "vo")
            throw new PythonException("Internal Server Error");
        if (Methods.Contains(key))
            return [];
        var wanted = value?.ToLowerInvariant() is null or "true" or "false" ? value?.ToLowerInvariant() ?? "true" : value;
        if (Booleans.Contains(key))
            wanted = wanted switch { "1" => "true", "0" => "false", "true" or "false" => wanted, _ => throw new RucioException("InvalidObject", $"Invalid boolean value: {value}") };
        if (key == "rse_type" && wanted is not ("DISK" or "TAPE"))
            throw new RucioException("InvalidObject", $"Invalid rse_type: {value}");
        return [.. all.Where(r => (r.Columns.TryGetValue(key, out var column) ? column : r.Attributes.GetValueOrDefault(key)) == wanted)];
    }

    private static double? Float(string text) => text.ToLowerInvariant() is "true" or "false"
        ? text.Equals("true", StringComparison.OrdinalIgnoreCase) ? 1 : 0
        : double.TryParse(text.Replace("_", ""), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static RucioException Invalid(string message) => new("InvalidRSEExpression", message);

    private const string Attribute = @"([A-Za-z0-9\._-]+[=<>][A-Za-z0-9_-]+)", Name = "([A-Za-z0-9]+([_-][A-Za-z0-9]+)*)", One = $@"(\(*({Attribute}|{Name}|\*)\)*)";

    [GeneratedRegex($@"^{One}((\|{One})|(\&{One})|(\\{One}))*")]
    private static partial Regex Whole();

    [GeneratedRegex($@"^{One}")]
    private static partial Regex Part();
}
