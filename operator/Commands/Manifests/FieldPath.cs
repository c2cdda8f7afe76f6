using System.Text;

namespace RucioOperator.Commands.Manifests;

/// <summary>A field of a document; equal however it is written: <c>spec.attributes[site]</c> and <c>spec.attributes.site</c>.</summary>
public readonly record struct FieldPath
{
    private const char Separator = '\u001f';

    private readonly string? _steps;

    private FieldPath(string steps) => _steps = steps;

    /// <summary>The document itself.</summary>
    public static FieldPath Root { get; }

    public FieldPath? Parent => string.IsNullOrEmpty(_steps) ? null : new(_steps[.._steps.LastIndexOf(Separator)]);

    public FieldPath Field(string name) => new($"{_steps}{Separator}{name}");

    public FieldPath Item(int place) => Field($"{place}");

    /// <summary>As seen from another one; null: it isn't below it.</summary>
    public FieldPath? Under(FieldPath root) =>
        (_steps ?? "") is var own && (root._steps ?? "") is var above && (own == above || own.StartsWith(above + Separator, StringComparison.Ordinal)) ? new(own[above.Length..]) : null;

    /// <param name="text">As validators and the API server write it.</param>
    public static FieldPath Parse(string text)
    {
        var (path, step, inside) = (Root, new StringBuilder(), false);
        foreach (var letter in text)
        {
            if (letter is '[' or ']' || letter == '.' && !inside)
            {
                if (step.Length > 0)
                    path = path.Field(step.ToString());
                step.Clear();
                inside = letter == '[' || inside && letter != ']';
            }
            else
            {
                step.Append(letter);
            }
        }
        return step.Length > 0 ? path.Field(step.ToString()) : path;
    }

    public bool Equals(FieldPath other) => (_steps ?? "") == (other._steps ?? "");

    public override int GetHashCode() => (_steps ?? "").GetHashCode(StringComparison.Ordinal);
}
