using System.Globalization;

namespace RucioOperator.Api;

/// <summary>Bytes as people write them: a Kubernetes quantity (<c>10Ti</c>, <c>500G</c>) or <c>unlimited</c>.</summary>
public static class Quantity
{
    public const string Unlimited = "unlimited";

    private const string DecimalSteps = "kMGTPE", BinarySteps = "KMGTPE";

    /// <summary>−1 for <see cref="Unlimited"/>, as Rucio has it; parts of a byte are rounded up.</summary>
    /// <exception cref="FormatException">Not a quantity, negative, or beyond 2^63.</exception>
    public static long Bytes(string text) => TryBytes(text, out var bytes) ? bytes : throw new FormatException($"\"{text}\" is not a number of bytes");

    /// <remarks>Not KubernetesClient's ResourceQuantity: it caps what is too large instead of refusing it.</remarks>
    public static bool TryBytes(string text, out long bytes)
    {
        bytes = -1;
        if (text == Unlimited)
        {
            return true;
        }

        var digits = text.AsSpan().TrimEnd("kKMGTPEi");
        if (Factor(text.AsSpan(digits.Length)) is not { } factor
            || !decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue / factor)
        {
            return false;
        }

        bytes = decimal.ToInt64(decimal.Ceiling(number * factor));
        return true;
    }

    private static decimal? Factor(ReadOnlySpan<char> suffix) => suffix switch
    {
        [] => 1,
        [var step] when DecimalSteps.IndexOf(step) is var i and >= 0 => Power(1000, i + 1),
        [var step, 'i'] when BinarySteps.IndexOf(step) is var i and >= 0 => Power(1024, i + 1),
        _ => null,
    };

    private static decimal Power(decimal step, int times) => times == 0 ? 1 : step * Power(step, times - 1);
}
