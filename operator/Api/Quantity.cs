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

    /// <summary>Three digits in steps of 1024, to be read by people: <c>1.23Ti</c>.</summary>
    public static string Words(long bytes)
    {
        var step = 0;
        var number = (decimal)bytes;
        while (number >= 999.5m && step < BinarySteps.Length)
        {
            (number, step) = (number / 1024, step + 1);
        }

        var text = number.ToString(number < 9.995m ? "0.##" : number < 99.95m ? "0.#" : "0", CultureInfo.InvariantCulture);
        return step == 0 ? text : $"{text}{BinarySteps[step - 1]}i";
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
