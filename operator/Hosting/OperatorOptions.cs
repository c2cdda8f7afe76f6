using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RucioOperator.Hosting;

/// <summary>The operator's own settings: environment (RUCIO_OPERATOR_*), then command line (--kebab-case); the later wins.</summary>
public sealed partial record OperatorOptions
{
    /// <summary>Empty: all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    public bool LeaderElection { get; init; } = true;

    /// <summary>Where this process runs (POD_NAMESPACE); null: outside a cluster.</summary>
    public string? Namespace { get; init; }
    public string LeaseNamespace { get; init; } = "default";

    /// <summary>0: no endpoints.</summary>
    public int HealthPort { get; init; } = 8080;
    public TimeSpan DriftInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Without a change of RSEs before daemons that read them once are started again.</summary>
    public TimeSpan RseQuiet { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>At least, between two of those starts.</summary>
    public TimeSpan RseRollInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Of pods and Services: what tenants may not name as a host.</summary>
    public IReadOnlyList<IPNetwork> ClusterRanges { get; init; } = [];
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
    public ServiceOverrides ServiceOverrides { get; init; } = new([]);

    public static string Help => string.Join('\n', Settings.Select(setting => $"  --{setting.Name,-18} {setting.Help}"));

    private const string Prefix = "RUCIO_OPERATOR_";

    private static IReadOnlyList<Setting> Settings { get; } =
    [
        new("namespaces", "comma-separated namespaces to watch; empty: all", (options, text) => options with { Namespaces = [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Label)] }),
        new("leader-election", "true or false: whether a Lease decides which replica works", (options, text) => options with { LeaderElection = Flag(text) }),
        new("lease-namespace", "where that Lease is; default: the operator's own namespace", (options, text) => options with { LeaseNamespace = Label(text) }),
        new("health-port", "port of /livez, /readyz, /startupz and /metrics; 0: none", (options, text) => options with { HealthPort = Number(text, 0, 65535) }),
        new("drift-interval", "how often everything is compared though nothing happened: 90s, 10m, 1h", (options, text) => options with { DriftInterval = Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) }),
        new("rse-quiet", "how long no storage may have come or gone before daemons that read the list once are restarted: 60s", (options, text) => options with { RseQuiet = Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) }),
        new("rse-roll-interval", "time between two of those restarts, at least: 10m", (options, text) => options with { RseRollInterval = Duration(text, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) }),
        new("cluster-ranges", "comma-separated CIDRs of pods and Services, which tenants may not name as hosts; default: what lies around the API server's Service and this pod, /16 (IPv6: /112)", (options, text) => options with { ClusterRanges = [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Range)] }),
        new("log-level", "Debug, Information, Warning or Error", (options, text) => options with { LogLevel = Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level) && Enum.IsDefined(level) ? level : throw new FormatException("expected Debug, Information, Warning or Error") }),
        new("service-override", "<service>.<namespace>=<url>, or *=<url with {service} and {namespace}>: where a Service is found from outside the cluster, a database by tcp://<host>:<port>; may be repeated", (options, text) => options with { ServiceOverrides = options.ServiceOverrides.With(text) }, Repeats: true),
    ];

    private sealed record Setting(string Name, string Help, Func<OperatorOptions, string, OperatorOptions> Apply, bool Repeats = false)
    {
        public string Variable => Prefix + Name.ToUpperInvariant().Replace('-', '_');
    }

    /// <summary>All errors at once, each naming the setting and where it came from.</summary>
    public static (OperatorOptions Options, IReadOnlyList<string> Errors) Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        var errors = new List<string>();
        var own = environment("POD_NAMESPACE") is { Length: > 0 } home ? home : null;
        var options = new OperatorOptions { Namespace = own, LeaseNamespace = own ?? "default", ClusterRanges = [.. new[] { environment("KUBERNETES_SERVICE_HOST"), environment("POD_IP") }.Select(Around).OfType<IPNetwork>().Distinct()] };
        foreach (var setting in Settings)
        {
            if (environment(setting.Variable) is { Length: > 0 } text)
                foreach (var part in setting.Repeats ? text.Split((char[])[' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries) : [text])
                    options = Apply(options, setting, part, setting.Variable, errors);
        }
        for (var place = 0; place < arguments.Count; place++)
        {
            var (name, text) = arguments[place].Split('=', 2) is [var left, var right] ? (left, right) : (arguments[place], null);
            if (!name.StartsWith("--", StringComparison.Ordinal) || Settings.FirstOrDefault(setting => setting.Name == name[2..]) is not { } known)
                errors.Add($"{name}: unknown option; known are {string.Join(", ", Settings.Select(setting => "--" + setting.Name))}");
            else if (text is null && (place + 1 == arguments.Count || arguments[place + 1].StartsWith("--", StringComparison.Ordinal)))
                errors.Add($"{name}: a value is missing");
            else
                options = Apply(options, known, text ?? arguments[++place], name, errors);
        }
        return (options, errors);
    }

    /// <summary>Errors for variables that look like settings and are none: a slip of the pen would watch all namespaces.</summary>
    public static IEnumerable<string> Unknown(IEnumerable<string> variables) => variables
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !ServiceLink().IsMatch(name) && !Settings.Any(setting => setting.Variable == name))
        .Order(StringComparer.Ordinal).Select(name => $"{name}: unknown setting; known are {string.Join(", ", Settings.Select(setting => setting.Variable))}");

    private static OperatorOptions Apply(OperatorOptions options, Setting setting, string text, string source, List<string> errors)
    {
        try
        {
            return setting.Apply(options, text.Trim());
        }
        catch (FormatException error)
        {
            errors.Add($"{source}: {error.Message}, not '{text}'");
            return options;
        }
    }

    private static bool Flag(string text) => bool.TryParse(text, out var flag) ? flag : throw new FormatException("expected true or false");

    private static int Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number : throw new FormatException($"expected a number from {least} to {most}");

    private static string Label(string text) =>
        text.Length is > 0 and <= 63 && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-') && text[0] != '-' && text[^1] != '-'
            ? text : throw new FormatException("expected the name of a namespace");

    private static IPNetwork Range(string text) => IPNetwork.TryParse(text, out var range) ? range : throw new FormatException("expected ranges such as 10.96.0.0/12");

    /// <summary>Clusters don't tell their ranges; most are at least this wide.</summary>
    private static IPNetwork? Around(string? address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            return null;
        }
        var (bytes, kept) = (parsed.GetAddressBytes(), parsed.AddressFamily == AddressFamily.InterNetwork ? 2 : 14);
        Array.Clear(bytes, kept, bytes.Length - kept);
        return new IPNetwork(new IPAddress(bytes), kept * 8);
    }

    private static TimeSpan Duration(string text, TimeSpan least, TimeSpan most)
    {
        var unit = text.Length == 0 ? TimeSpan.Zero : text[^1] switch { 's' => TimeSpan.FromSeconds(1), 'm' => TimeSpan.FromMinutes(1), 'h' => TimeSpan.FromHours(1), _ => TimeSpan.Zero };
        return unit > TimeSpan.Zero && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= most / unit && unit * count >= least
            ? unit * count : throw new FormatException("expected a time from 1s to 24h, such as 90s, 10m or 1h");
    }

    /// <summary>What Kubernetes puts into the environment of each container for a Service of that name: not ours to judge.</summary>
    [GeneratedRegex(@"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$")]
    private static partial Regex ServiceLink();
}
