using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Which storages of a VO an expression means now, by the operator's own evaluation: the server keeps its answers for ten minutes.</summary>
public static class RseSelection
{
    /// <summary>Names in order; deleted ones are in no set.</summary>
    public static IReadOnlyList<string> Of(RseExpression expression, ObservedVo vo) =>
        [.. vo.Rses.Values.Where(r => !r.Deleted && Has(r, expression)).Select(r => r.Name).Order(StringComparer.Ordinal)];

    private static bool Has(ObservedRse rse, RseExpression expression) => expression switch
    {
        RseExpression.All => true,
        RseExpression.Flag f => Column(rse, f.Key) ?? (f.Key == rse.Name || Is(rse, f.Key, "true")),
        RseExpression.Equal { Key: "rse" } e => rse.Name == e.Value,
        RseExpression.Equal { Key: "rse_type" } e => rse.Type == e.Value,
        RseExpression.Equal e => Column(rse, e.Key) is { } set ? set == (Stored(e.Value) is "1" or "true") : Is(rse, e.Key, e.Value),
        RseExpression.Compared c => rse.Attributes.TryGetValue(c.Key, out var text) && Number(text) is { } number && (c.Less ? number < c.Number : number > c.Number),
        RseExpression.Joined { Operator: '|' } j => Has(rse, j.Left) || Has(rse, j.Right),
        RseExpression.Joined { Operator: '&' } j => Has(rse, j.Left) && Has(rse, j.Right),
        RseExpression.Joined j => Has(rse, j.Left) && !Has(rse, j.Right),
        _ => throw new ArgumentOutOfRangeException(nameof(expression), expression, null),
    };

    private static bool? Column(ObservedRse rse, string key) => key switch
    {
        "deterministic" => rse.Deterministic,
        "volatile" => rse.Volatile,
        "staging_area" => rse.StagingArea,
        "availability_read" => rse.Read,
        "availability_write" => rse.Write,
        "availability_delete" => rse.Delete,
        _ => null,
    };

    /// <summary>Rucio stores true and false in lower case however they are written (db/sqla/types.py BooleanString).</summary>
    private static bool Is(ObservedRse rse, string key, string value) => rse.Attributes.TryGetValue(key, out var have) && have == Stored(value);

    private static string Stored(string value) => value.ToLowerInvariant() is "true" or "false" ? value.ToLowerInvariant() : value;

    private static double? Number(string text) => text.ToLowerInvariant() switch
    {
        "true" => 1,
        "false" => 0,
        _ => PythonFloat.TryParse(text, out var number) ? number : null,
    };
}
