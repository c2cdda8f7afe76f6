using System.Text.RegularExpressions;

namespace RucioOperator.Tests.Chart;

/// <summary>What a query names: <see cref="Selectors"/> with the labels they match, and labels that group, join or rename.</summary>
/// <param name="Made">By label_replace.</param>
internal sealed record PromQlNames(IReadOnlyList<(string Metric, IReadOnlyList<string> Labels)> Selectors, IReadOnlyList<string> Grouped, IReadOnlyList<string> Made);

/// <summary>
/// A reader of PromQL's grammar (prometheus.io/docs/prometheus/latest/querying/basics): enough to refuse what Prometheus would
/// refuse to parse, and to find all names. Types of values are not looked at, but for ranges.
/// </summary>
internal sealed partial class PromQl
{
    private static readonly HashSet<string> Aggregations = ["sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values"];

    private static readonly HashSet<string> Functions = ["abs", "absent", "ceil", "clamp_max", "clamp_min", "floor", "histogram_quantile", "label_join", "label_replace", "round", "sort", "sort_desc", "time", "vector", "scalar", "timestamp"];

    /// <summary>Take a range.</summary>
    private static readonly HashSet<string> RangeFunctions = ["changes", "delta", "deriv", "increase", "irate", "rate", "resets", "avg_over_time", "max_over_time", "min_over_time", "sum_over_time", "count_over_time", "last_over_time", "absent_over_time"];

    /// <summary>From what binds least.</summary>
    private static readonly string[][] Operators = [["or"], ["and", "unless"], ["==", "!=", "<=", "<", ">=", ">"], ["+", "-"], ["*", "/", "%"], ["^"]];

    private readonly List<string> words;
    private readonly List<(string, IReadOnlyList<string>)> selectors = [];
    private readonly List<string> grouped = [];
    private readonly List<string> made = [];
    private int at;

    private PromQl(string query) => words = Split(query);

    /// <exception cref="FormatException">Says where it is wrong.</exception>
    public static PromQlNames Parse(string query)
    {
        var reader = new PromQl(query);
        reader.Expression(0);
        if (reader.at < reader.words.Count)
            throw reader.Wrong("an operator or the end");
        return new(reader.selectors, reader.grouped, reader.made);
    }

    private string? Now => at < words.Count ? words[at] : null;

    private void Expression(int level)
    {
        if (level == Operators.Length)
        {
            Unary();
            return;
        }
        Expression(level + 1);
        while (Now is { } word && Operators[level].Contains(word))
        {
            at++;
            if (level == 2)
                Take("bool");
            if (Take("on") || Take("ignoring"))
            {
                grouped.AddRange(Labels());
                if (Take("group_left") || Take("group_right"))
                    grouped.AddRange(Now == "(" ? Labels() : []);
            }
            Expression(level + 1);
        }
    }

    private void Unary()
    {
        if (Take("-") || Take("+"))
        {
            Unary();
            return;
        }
        var isSelector = Primary();
        if (Take("["))
        {
            Duration();
            if (Take(":"))
            {
                if (Now != "]")
                    Duration();
            }
            else if (!isSelector)
                throw Wrong("a subquery [range:step], since only a selector has a range");
            Need("]");
        }
        if (Take("offset"))
            Duration();
    }

    /// <returns>A selector, which may have a range.</returns>
    private bool Primary()
    {
        if (Take("("))
        {
            Expression(0);
            Need(")");
            return false;
        }
        var word = Now ?? throw Wrong("an expression");
        at++;
        if (Number().IsMatch(word) || word[0] == '"')
            return false;
        if (!Name().IsMatch(word))
            throw Wrong("an expression", back: 1);
        if (Aggregations.Contains(word))
        {
            Grouping();
            Arguments(false);
            Grouping();
            return false;
        }
        if (Now == "(")
        {
            if (!Functions.Contains(word) && !RangeFunctions.Contains(word))
                throw Wrong("a known function", back: 1);
            var texts = Arguments(RangeFunctions.Contains(word));
            if (word is "label_replace" or "label_join")
                made.AddRange(texts.Take(1).Select(text => text.Trim('"')));
            return false;
        }
        var labels = new List<string>();
        if (Take("{"))
        {
            while (!Take("}"))
            {
                labels.Add(Need(Name()));
                if (!(Take("=") || Take("!=") || Take("=~") || Take("!~")))
                    throw Wrong("=, !=, =~ or !~");
                Need(Text());
                if (Now != "}")
                    Need(",");
            }
        }
        selectors.Add((word, labels));
        return true;
    }

    /// <returns>Those that are texts.</returns>
    private List<string> Arguments(bool range)
    {
        var texts = new List<string>();
        Need("(");
        while (!Take(")"))
        {
            var first = at;
            Expression(0);
            if (range && words[first..at] is not ([.., "]"] or [.., "]", "offset", _]))
                throw new FormatException($"{words[first - 2]} needs a range [5m]");
            if (words[first][0] == '"')
                texts.Add(words[first]);
            if (Now != ")")
                Need(",");
        }
        return texts;
    }

    private void Grouping()
    {
        if (Take("by") || Take("without"))
            grouped.AddRange(Labels());
    }

    private List<string> Labels()
    {
        var labels = new List<string>();
        Need("(");
        while (!Take(")"))
        {
            labels.Add(Need(Name()));
            if (Now != ")")
                Need(",");
        }
        return labels;
    }

    private void Duration() => Need(DurationWord());

    private bool Take(string word)
    {
        if (Now != word)
            return false;
        at++;
        return true;
    }

    private void Need(string word)
    {
        if (!Take(word))
            throw Wrong(word);
    }

    private string Need(Regex shape) => Now is { } word && shape.IsMatch(word) ? words[at++] : throw Wrong(shape.ToString());

    private FormatException Wrong(string expected, int back = 0) => new($"expected {expected}, not {(at - back < words.Count ? words[at - back] : "the end")}, after: {string.Join(' ', words.Take(at - back))}");

    private static List<string> Split(string query)
    {
        var found = new List<string>();
        for (var place = 0; place < query.Length;)
        {
            var match = Word().Match(query, place);
            if (!match.Success || match.Index != place)
                throw new FormatException($"cannot read: {query[place..]}");
            if (!string.IsNullOrWhiteSpace(match.Value))
                found.Add(match.Value);
            place += match.Length;
        }
        return found;
    }

    [GeneratedRegex("""\s+|"(?:[^"\\]|\\.)*"|\$__\w+|[0-9]+(?:ms|[smhdwy])|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|[a-zA-Z_][a-zA-Z0-9_:]*|=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}\[\],:]""")]
    private static partial Regex Word();

    [GeneratedRegex("""^([0-9]+(ms|[smhdwy])|\$__(rate_)?interval|\$__range)$""")]
    private static partial Regex DurationWord();

    [GeneratedRegex("^[0-9.]+(e[+-]?[0-9]+)?$")]
    private static partial Regex Number();

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*$")]
    private static partial Regex Name();

    [GeneratedRegex("^\"")]
    private static partial Regex Text();
}
