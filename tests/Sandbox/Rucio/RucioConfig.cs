using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>
/// What Rucio reads as rucio.cfg: section → option → text, merged from conf.d documents in order, options in lower case and
/// `%%` taken for `%`, as Python's ConfigParser does.
/// </summary>
public sealed class RucioConfig
{
    private readonly Dictionary<string, Dictionary<string, string>> sections = [];

    public RucioConfig(params IEnumerable<(string Section, string Option, string Value)> options)
    {
        foreach (var (section, option, value) in options)
            this[section, option] = value;
    }

    /// <summary>Null when absent, and that is not the same as empty: absent bootstrap options mean built-in identities.</summary>
    public string? this[string section, string option]
    {
        get => sections.GetValueOrDefault(section)?.GetValueOrDefault(option.ToLowerInvariant());
        set
        {
            if (!sections.TryGetValue(section, out var options))
                sections[section] = options = [];
            options[option.ToLowerInvariant()] = value ?? "";
        }
    }

    public bool MultiVo => this["common", "multi_vo"]?.ToLowerInvariant() is "true" or "yes" or "on" or "1";

    /// <summary>The server role reads `multi_vo` as a boolean, create_root_account() takes any text for true.</summary>
    public bool BootstrapsSuperRoot => !string.IsNullOrEmpty(this["common", "multi_vo"]);

    public string? Schema => this["database", "schema"] is { Length: > 0 } schema ? schema : null;

    public static RucioConfig FromJson(params IEnumerable<string> documents)
    {
        var config = new RucioConfig();
        foreach (var document in documents)
        {
            using var json = JsonDocument.Parse(document);
            foreach (var section in json.RootElement.EnumerateObject())
            {
                foreach (var option in section.Value.EnumerateObject())
                    config[section.Name, option.Name] = (option.Value.ValueKind == JsonValueKind.String ? option.Value.GetString()! : option.Value.GetRawText()).Replace("%%", "%");
            }
        }
        return config;
    }

    public IReadOnlyList<string> List(string section, string option) =>
        this[section, option]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>
    /// `[database] default`, translated for Npgsql. Host and port can be replaced, because names of a cluster mean nothing outside it;
    /// certificates are not verified for the same reason.
    /// </summary>
    public string ConnectionString(string? host = null, int? port = null)
    {
        var text = this["database", "default"] ?? throw new InvalidOperationException("[database] default is not set");
        var url = new Uri(text);
        if (url.Scheme != "postgresql+psycopg")
            throw new InvalidOperationException($"[database] default: Rucio 41 knows no driver for '{url.Scheme}'");
        var user = url.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = host ?? url.Host,
            Port = port ?? (url.Port > 0 ? url.Port : 5432),
            Database = Uri.UnescapeDataString(url.AbsolutePath.Trim('/')),
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            SslMode = url.Query.Contains("sslmode=require") || url.Query.Contains("sslmode=verify") ? SslMode.Require
                : url.Query.Contains("sslmode=disable") ? SslMode.Disable : SslMode.Prefer,
        }.ConnectionString;
    }

    /// <summary>A value of the config table as the server guesses it.</summary>
    internal static object Guess(string value) => value.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ when long.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) => number,
        _ when double.TryParse(value, CultureInfo.InvariantCulture, out var number) => number,
        _ => value,
    };
}
