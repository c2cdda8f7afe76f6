using k8s.Models;

namespace RucioOperator.Api;

/// <summary>Bytes as people write them: a Kubernetes quantity (<c>10Ti</c>, <c>500G</c>) or <c>unlimited</c>.</summary>
public static class Quantity
{
    public const string Unlimited = "unlimited";

    /// <summary>−1 for <see cref="Unlimited"/>, as Rucio has it.</summary>
    /// <exception cref="FormatException">Not a quantity, negative, or beyond 2^63.</exception>
    public static long Bytes(string text) => TryBytes(text, out var bytes) ? bytes : throw new FormatException($"\"{text}\" is not a number of bytes");

    public static bool TryBytes(string text, out long bytes)
    {
        bytes = -1;
        if (text == Unlimited)
        {
            return true;
        }
        try
        {
            var value = new ResourceQuantity(text).ToDecimal();
            if (value < 0 || value > long.MaxValue)
            {
                return false;
            }
            bytes = decimal.ToInt64(decimal.Ceiling(value));
            return true;
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            return false;
        }
    }
}
