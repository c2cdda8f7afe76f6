using NUnit.Framework;

namespace RucioOperator.Tests.Docs;

/// <summary>A part of a document between two comments that a test writes (<c>make golden</c>) and compares.</summary>
internal static class Generated
{
    private static bool Writes => Environment.GetEnvironmentVariable("GOLDEN") == "write";

    public static void AssertSection(string file, string name, IEnumerable<string> lines)
    {
        var (begin, end) = ($"<!-- {name}: written by make golden -->\n", $"<!-- end of {name} -->");
        var text = File.ReadAllText(file);
        var (from, to) = (text.IndexOf(begin, StringComparison.Ordinal), text.IndexOf(end, StringComparison.Ordinal));
        Assert.That(from >= 0 && to > from, $"{file} has no section {begin}…{end}");
        from += begin.Length;
        var wanted = string.Concat(lines.Select(line => $"{line}\n"));
        if (Writes)
            File.WriteAllText(file, text = text[..from] + wanted + text[to..]);
        Assert.That(text[from..(Writes ? from + wanted.Length : to)], Is.EqualTo(wanted), $"{file}, {name}: make golden, and read the diff");
    }
}
