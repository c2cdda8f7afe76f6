using System.Diagnostics.CodeAnalysis;

namespace RucioOperator.Api;

/// <summary>
/// Rucio's language for sets of storages (lib/rucio/core/rse_expression_parser.py): a name or flag, <c>key=value</c>,
/// <c>key&lt;number</c>, <c>key&gt;number</c> and <c>*</c>, joined by <c>|</c>, <c>&amp;</c> and <c>\</c>, in parentheses. No operator binds tighter
/// than another: they apply from left to right. Values have no wildcards.
/// </summary>
public abstract record RseExpression
{
    public sealed record All : RseExpression;

    /// <summary>An attribute that is true: each storage has one of its own name.</summary>
    public sealed record Flag(string Key) : RseExpression;

    public sealed record Equal(string Key, string Value) : RseExpression;

    public sealed record Compared(string Key, bool Less, double Number) : RseExpression;

    /// <param name="Operator"><c>|</c> either, <c>&amp;</c> both, <c>\</c> the left without the right.</param>
    public sealed record Joined(RseExpression Left, char Operator, RseExpression Right) : RseExpression;

    /// <exception cref="FormatException">Says what is wrong, and where.</exception>
    public static RseExpression Parse(string text) => TryParse(text, out var expression, out var problem) ? expression : throw new FormatException(problem);

    public static bool TryParse(string text, [NotNullWhen(true)] out RseExpression? expression, [NotNullWhen(false)] out string? problem)
    {
        try
        {
            (expression, problem) = (new RseExpressionParser(text).Whole(), null);
            return true;
        }
        catch (FormatException error)
        {
            (expression, problem) = (null, error.Message);
            return false;
        }
    }
}
