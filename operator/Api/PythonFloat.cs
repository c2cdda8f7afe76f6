using System.Globalization;
using System.Text.RegularExpressions;

namespace RucioOperator.Api;

/// <summary>Text as Python's <c>float()</c> reads it: <c>1_000</c>, <c> 5 </c> and <c>-inf</c> are numbers, too.</summary>
public static partial class PythonFloat
{
    public static bool TryParse(string text, out double number)
    {
        var plain = text.Trim().ToLowerInvariant();
        double? special = plain switch
        {
            "inf" or "+inf" or "infinity" or "+infinity" => double.PositiveInfinity,
            "-inf" or "-infinity" => double.NegativeInfinity,
            "nan" or "+nan" or "-nan" => double.NaN,
            _ => null,
        };
        number = special ?? 0;
        return special is not null || Digits().IsMatch(plain) && double.TryParse(plain.Replace("_", ""), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    [GeneratedRegex(@"^[+-]?([0-9](_?[0-9])*(\.([0-9](_?[0-9])*)?)?|\.[0-9](_?[0-9])*)(e[+-]?[0-9](_?[0-9])*)?\z")]
    private static partial Regex Digits();
}
