using System.Text.Json.Nodes;

namespace RucioOperator.Desired;

/// <summary>One conf.d file: section → option → text, <c>%</c> doubled.</summary>
public sealed class ConfigDocument
{
    public JsonObject Json { get; } = [];

    public bool IsEmpty => Json.Count == 0;

    public ConfigDocument Set(string section, string option, string text)
    {
        if (Json[section] is not JsonObject options)
        {
            Json[section] = options = [];
        }
        options[option] = text.Replace("%", "%%", StringComparison.Ordinal);
        return this;
    }

    public ConfigDocument Set(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? config, Func<string, bool>? wanted = null)
    {
        foreach (var (section, options) in (config ?? new Dictionary<string, IReadOnlyDictionary<string, string>>()).Where(s => wanted?.Invoke(s.Key) ?? true).OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            foreach (var (option, text) in options.OrderBy(o => o.Key, StringComparer.Ordinal))
            {
                Set(section, option, text);
            }
        }
        return this;
    }
}
