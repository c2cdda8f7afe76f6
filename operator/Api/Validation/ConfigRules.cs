using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>Options of rucio.cfg, wherever a spec gives them.</summary>
internal static class ConfigRules
{
    public static IEnumerable<FieldError> Check(RucioInstanceSpec s) => Options("spec.config", s.Config).Concat(Options("spec.api.config", s.Api?.Config)).Concat(Secrets(s));

    public static IEnumerable<FieldError> Options(string field, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? config)
    {
        foreach (var (section, options) in config ?? new Dictionary<string, IReadOnlyDictionary<string, string>>())
        {
            if (Section($"{field}[{section}]", section) is { } wrong)
            {
                yield return wrong;
                continue;
            }
            foreach (var (option, text) in options)
            {
                if (Option($"{field}[{section}][{option}]", section, option) is { } error)
                {
                    yield return error;
                }
                else if (text.AsSpan().ContainsAny('\r', '\n'))
                {
                    yield return Invalid($"{field}[{section}][{option}]", "must be one line");
                }
            }
        }
    }

    private static IEnumerable<FieldError> Secrets(RucioInstanceSpec s)
    {
        var secrets = s.ConfigSecrets.Items("spec.configSecrets").ToList();
        return
        [
            .. secrets.Select(c => Section($"{c.Path}.section", c.Item.Section) ?? Option($"{c.Path}.option", c.Item.Section, c.Item.Option)).OfType<FieldError>(),
            .. secrets.Where(c => c.Item.SecretKeyRef.Name == "").Select(c => Missing($"{c.Path}.secretKeyRef.name")),
            .. secrets.Where(c => c.Item.SecretKeyRef.Key == "").Select(c => Missing($"{c.Path}.secretKeyRef.key")),
            .. secrets.Where(c => s.Config?.GetValueOrDefault(c.Item.Section)?.ContainsKey(c.Item.Option) == true).Select(c => Invalid(c.Path, $"is given twice, also as spec.config[{c.Item.Section}][{c.Item.Option}]")),
            .. secrets.Unique(c => (c.Section, c.Option), "this option is given twice"),
        ];
    }

    private static FieldError? Section(string path, string section) =>
        ReservedConfig.IsReserved(section, "") ? Reserved(path, "this section belongs to the operator")
        : !Forms.ConfigName().IsMatch(section) ? Invalid(path, "a section has lower-case letters, digits, _, . and -")
        : null;

    private static FieldError? Option(string path, string section, string option) =>
        ReservedConfig.IsReserved(section, option) ? Reserved(path, ReservedConfig.Instead(section, option) is { } field ? $"this option belongs to the operator: use {field}" : "this option belongs to the operator")
        : !Forms.ConfigName().IsMatch(option) ? Invalid(path, "an option has lower-case letters, digits, _, . and -")
        : null;
}
