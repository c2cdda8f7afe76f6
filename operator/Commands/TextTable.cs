using System.Text;

namespace RucioOperator.Commands;

/// <summary>Columns as kubectl's: capitals above, three spaces between, nothing else.</summary>
public sealed class TextTable(params string[] columns)
{
    private const string Gap = "   ";

    private readonly List<IReadOnlyList<string>> _rows = [];

    public int Rows => _rows.Count;

    /// <param name="cells">One a column; line breaks become spaces.</param>
    public TextTable Add(params IReadOnlyList<string?> cells)
    {
        if (cells.Count != columns.Length)
            throw new ArgumentException($"{cells.Count} cells for {columns.Length} columns");
        _rows.Add([.. cells.Select(cell => (cell ?? "").ReplaceLineEndings(" "))]);
        return this;
    }

    public override string ToString()
    {
        IReadOnlyList<string>[] all = [[.. columns.Select(column => column.ToUpperInvariant())], .. _rows];
        var widths = columns.Select((_, place) => all.Max(row => row[place].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in all)
            text.Append(string.Join(Gap, row.Select((cell, place) => cell.PadRight(widths[place]))).TrimEnd()).Append('\n');
        return text.ToString();
    }
}
