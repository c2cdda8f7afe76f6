using System.Text.RegularExpressions;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>The parts of the generic_multi_vo schema that names go through.</summary>
internal static partial class Schemas
{
    public static void Account(string value) => Check("account", value, AccountPattern(), 25);

    public static void Scope(string value) => Check("scope", value, ScopePattern(), 25);

    public static void Rse(string value) => Check("rse", value, RsePattern());

    public static void VoTag(string value) => Check("vo", value, VoPattern());

    public static void AccountAttribute(string? value) =>
        Check("account_attribute", value ?? throw Invalid("account_attribute", "None is not of type 'string'"), AttributePattern());

    public static RucioException Invalid(string schema, string problem) => new("InvalidObject", $"Problem validating {schema}: {problem}");

    /// <summary>A VO's name, tags included, is looked up in vo-map, the file before the table; the router knows no underscore.</summary>
    public static async Task<string> MapVoAsync(Call call, string name) =>
        LongVoPattern().IsMatch(name) ? call.Server.Config["vo-map", name] ?? await call.Db.ScalarAsync<string>("SELECT value FROM configs WHERE section = 'vo-map' AND opt = $1", name) ?? name : throw new RucioException("RucioException", "Invalid characters in VO name.");

    private static void Check(string schema, string value, Regex pattern, int maxLength = int.MaxValue)
    {
        if (!pattern.IsMatch(value))
            throw Invalid(schema, $"'{value}' does not match '{pattern}'");
        if (value.Length > maxLength)
            throw Invalid(schema, $"'{value}' is too long");
    }

    [GeneratedRegex("^[a-z0-9-_]+$")]
    private static partial Regex AccountPattern();

    [GeneratedRegex(@"^[a-zA-Z_\-.0-9]+$")]
    private static partial Regex ScopePattern();

    [GeneratedRegex("^([A-Z0-9]+([_-][A-Z0-9]+)*)$")]
    private static partial Regex RsePattern();

    [GeneratedRegex(@"^([a-zA-Z_\-.0-9]{3})?$")]
    private static partial Regex VoPattern();

    [GeneratedRegex(@"^[a-zA-Z0-9-_\\/\\.]{1,30}$")]
    private static partial Regex AttributePattern();

    [GeneratedRegex(@"^[a-zA-Z0-9\.\-]+\z")]
    private static partial Regex LongVoPattern();
}
