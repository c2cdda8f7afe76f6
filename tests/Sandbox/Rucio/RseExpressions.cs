using System.Globalization;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Rucio's RSE expressions: names, `key=value`, `key&lt;n`, `key&gt;n`, `*`, union, intersection, difference, parentheses. Not cached here.</summary>
internal static class RseExpressions
{
    public static async Task<IReadOnlyList<(Guid Id, string Name)>> EvaluateAsync(Session db, string vo, string expression)
    {
        var all = await db.QueryAsync("SELECT id, rse FROM rses WHERE vo = $1 AND NOT deleted ORDER BY rse", r => (Id: r.GetGuid(0), Name: r.GetString(1)), vo);
        var attributes = (await db.QueryAsync("SELECT a.rse_id, a.key, a.value FROM rse_attr_map a JOIN rses r ON r.id = a.rse_id WHERE r.vo = $1 AND NOT r.deleted",
            r => (Rse: r.GetGuid(0), Key: r.GetString(1), Value: r[2] as string), vo)).ToLookup(a => a.Key);
        var position = 0;
        var chosen = Terms();
        if (position < expression.Length)
            throw Invalid($"RSE Expression '{expression}' is not valid.");
        return chosen.Count > 0 ? [.. all.Where(r => chosen.Contains(r.Id))] : throw Invalid("RSE Expression resulted in an empty set.");

        HashSet<Guid> Terms()
        {
            var result = Term();
            while (position < expression.Length && expression[position] is '|' or '&' or '\\')
            {
                var @operator = expression[position++];
                var next = Term();
                if (@operator == '|')
                    result.UnionWith(next);
                else if (@operator == '&')
                    result.IntersectWith(next);
                else
                    result.ExceptWith(next);
            }
            return result;
        }

        HashSet<Guid> Term()
        {
            if (position < expression.Length && expression[position] == '(')
            {
                position++;
                var inner = Terms();
                return position < expression.Length && expression[position++] == ')' ? inner : throw Invalid("Parentheses do not match.");
            }
            var start = position;
            while (position < expression.Length && expression[position] is not ('|' or '&' or '\\' or '(' or ')'))
                position++;
            return Primitive(expression[start..position]);
        }

        HashSet<Guid> Primitive(string text)
        {
            if (text == "*")
                return [.. all.Select(r => r.Id)];
            var at = text.IndexOfAny(['=', '<', '>']);
            return at < 0
                ? [.. attributes[text].Where(a => a.Value == "true").Select(a => a.Rse)]
                : [.. attributes[text[..at]].Where(a => Matches(a.Value ?? "", text[at], text[(at + 1)..])).Select(a => a.Rse)];
        }
    }

    private static bool Matches(string value, char comparison, string wanted) => comparison == '='
        ? value.Equals(wanted, wanted.Equals("true", StringComparison.OrdinalIgnoreCase) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)
        : double.TryParse(value, CultureInfo.InvariantCulture, out var a) && double.TryParse(wanted, CultureInfo.InvariantCulture, out var b) && (comparison == '<' ? a < b : a > b);

    private static RucioException Invalid(string message) => new("InvalidRSEExpression", message);
}
