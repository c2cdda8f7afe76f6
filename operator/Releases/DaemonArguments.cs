using System.Globalization;

namespace RucioOperator.Releases;

/// <summary>The command line of a daemon, from the closed list of its release.</summary>
public static class DaemonArguments
{
    /// <summary>Defaults overridden by <paramref name="chosen"/> (option with its dashes → value; flags take <c>true</c> or <c>false</c>).</summary>
    /// <exception cref="ArgumentException">An option or value the daemon doesn't take; the message names it.</exception>
    public static IReadOnlyList<string> Of(ReleaseDaemon daemon, IReadOnlyDictionary<string, string>? chosen = null)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (option, value) in daemon.Defaults)
            values[option] = value;
        foreach (var (option, value) in chosen ?? new Dictionary<string, string>())
            values[option] = value;
        return [.. values.SelectMany(pair => Words(daemon, pair.Key, pair.Value))];
    }

    /// <summary>
    /// Value of RUCIO_DAEMON_ARGS. The image's start script runs it through <c>eval</c>: every word is quoted, so that
    /// the shell sees no more than we wrote.
    /// </summary>
    public static string ForShell(IEnumerable<string> words) =>
        string.Join(' ', words.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    private static IEnumerable<string> Words(ReleaseDaemon daemon, string option, string value)
    {
        if (!daemon.Arguments.TryGetValue(option, out var kind))
            throw new ArgumentException($"{option} is not an argument of this daemon{Nearest.Hint(option, daemon.Arguments.Keys)}");
        var words = kind == ArgumentKind.Words ? value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [value];
        // A leading dash would be read as an option of its own.
        if (words.Length == 0 || words.Any(word => word.Length == 0 || word[0] == '-' || word.Any(char.IsControl)))
            throw new ArgumentException($"{option} needs a value that doesn't begin with a dash");
        return kind switch
        {
            ArgumentKind.Flag when value is "true" => [option],
            ArgumentKind.Flag when value is "false" => [],
            ArgumentKind.Flag => throw new ArgumentException($"{option} is true or false"),
            ArgumentKind.Integer when !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) =>
                throw new ArgumentException($"{option} needs a whole number"),
            ArgumentKind.Number when !double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _) =>
                throw new ArgumentException($"{option} needs a number such as 1.5"),
            _ => [option, .. words],
        };
    }
}
