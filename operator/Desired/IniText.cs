using System.Text;

namespace RucioOperator.Desired;

/// <summary>A file for Python's ConfigParser: <c>%</c> doubled, since it is otherwise read as a reference.</summary>
public sealed class IniText
{
    private readonly StringBuilder _text = new();

    public IniText Section(string name)
    {
        _text.Append(_text.Length == 0 ? "" : "\n").Append('[').Append(name).Append("]\n");
        return this;
    }

    /// <summary>Null: left out.</summary>
    public IniText Option(string name, string? text)
    {
        if (text is not null)
        {
            _text.Append(name).Append(" = ").Append(text.Replace("%", "%%", StringComparison.Ordinal).ReplaceLineEndings(" ")).Append('\n');
        }
        return this;
    }

    public IniText Comment(params IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            _text.Append("# ").Append(line.ReplaceLineEndings(" ").TrimEnd()).Append('\n');
        }
        return this;
    }

    public override string ToString() => _text.ToString();
}
