namespace RucioOperator.Releases;

/// <summary>What somebody who mistyped a name probably meant.</summary>
public static class Nearest
{
    /// <summary>Ends a sentence: <c>: did you mean x?</c>, or all names where none is near.</summary>
    public static string Hint(string written, IEnumerable<string> valid)
    {
        var names = valid.ToList();
        return names.Count == 0 ? "" : Of(written, names) is { } near ? $": did you mean {near}?" : $": it is one of {string.Join(", ", names)}";
    }

    /// <summary>Null: more than a third of the letters differ, and neither name holds the other.</summary>
    public static string? Of(string written, IEnumerable<string> valid)
    {
        return valid.Select(name => (Name: name, Distance: Distance(written, name)))
            .Where(c => c.Distance * 3 <= Math.Max(written.Length, c.Name.Length) || written.Length > 0 && (c.Name.Contains(written, StringComparison.Ordinal) || written.Contains(c.Name, StringComparison.Ordinal)))
            .OrderBy(c => c.Distance).ThenBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault().Name;
    }

    /// <summary>Levenshtein's.</summary>
    private static int Distance(string a, string b)
    {
        int[] above = [.. Enumerable.Range(0, b.Length + 1)];
        for (var i = 1; i <= a.Length; i++)
        {
            var row = new int[b.Length + 1];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            }
            above = row;
        }
        return above[^1];
    }
}
