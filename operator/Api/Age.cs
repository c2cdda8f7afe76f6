using System.Globalization;

namespace RucioOperator.Api;

/// <summary>A time in hours or days, such as <c>12h</c> or <c>30d</c>.</summary>
public static class Age
{
    /// <exception cref="FormatException">Not of that form.</exception>
    public static TimeSpan Parse(string text) => int.Parse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture) * (text[^1] switch
    {
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => throw new FormatException("expected hours or days, such as 12h or 30d"),
    });
}
