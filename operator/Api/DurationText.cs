using System.Globalization;

namespace RucioOperator.Api;

/// <summary>Times as the schemas take them: a whole number and one of s, m, h, d.</summary>
public static class DurationText
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 10_000_000)
        {
            return false;
        }
        TimeSpan? unit = text[^1] switch { 's' => TimeSpan.FromSeconds(1), 'm' => TimeSpan.FromMinutes(1), 'h' => TimeSpan.FromHours(1), 'd' => TimeSpan.FromDays(1), _ => null };
        duration = unit is { } one ? one * number : default;
        return unit is not null;
    }

    /// <exception cref="FormatException">The schema has a pattern, and the loop's validator has looked.</exception>
    public static TimeSpan Parse(string text) => TryParse(text, out var duration) ? duration : throw new FormatException("not a time such as 24h");
}
