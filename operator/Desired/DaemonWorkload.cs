using RucioOperator.Api;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>One Deployment of a daemon: of the profile, with its override, or a named group.</summary>
/// <param name="Name">Component, and the Deployment's name after the instance's.</param>
/// <param name="Daemon">Program in the release.</param>
/// <param name="Arguments">Chosen in the spec, with their dashes.</param>
public sealed record DaemonWorkload(string Name, string Daemon, ReleaseDaemon Release)
{
    public int Replicas { get; init; } = 1;
    public ResourcesSpec? Resources { get; init; }
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Config { get; init; }

    /// <summary>The VO whose proxy it shows, and nobody else's; null: the default one.</summary>
    public string? Vo { get; init; }

    /// <summary>Those it works for; empty: all.</summary>
    public IReadOnlyList<string> Vos { get; init; } = [];

    /// <summary>Whole, in the release's form.</summary>
    /// <exception cref="ArgumentException">An argument of the spec that the release has not.</exception>
    public IReadOnlyList<string> CommandLine => [.. DaemonArguments.Of(Release, Arguments), .. Vos.Count == 0 ? (string[])[] : ["--vos", .. Vos]];

    /// <summary>Longer than a cycle, whatever cycle was chosen.</summary>
    public int GracePeriodSeconds
    {
        get
        {
            var cycles = Release.Defaults.Concat(Arguments).Where(a => a.Key.StartsWith("--sleep-time", StringComparison.Ordinal) && int.TryParse(a.Value, out _)).Select(a => Arguments.GetValueOrDefault(a.Key, a.Value));
            return Math.Max(Release.GracePeriodSeconds, cycles.Select(c => int.TryParse(c, out var seconds) ? seconds + 60 : 0).DefaultIfEmpty().Max());
        }
    }

    /// <summary>Must be started again when RSEs come or go; without VOs the conveyor asks for all of them anew (daemons/conveyor/submitter.py).</summary>
    public bool FixesRses(bool multiVo) => Release.FixesRseListAtStart && Replicas > 0
        && (multiVo || !Daemon.StartsWith("conveyor-", StringComparison.Ordinal) || Arguments.Keys.Any(a => a.EndsWith("rses", StringComparison.Ordinal)));

    /// <summary>Of the release, less what the instance has no use for; then the groups.</summary>
    public static IReadOnlyList<DaemonWorkload> Of(RucioInstanceSpec spec, Release release)
    {
        var daemons = spec.Daemons ?? new DaemonsSpec();
        var overrides = (daemons.Overrides ?? []).ToDictionary(o => o.Name);
        return
        [
            .. Profile(spec, release).Where(name => DaemonNeeds.Unmet(spec, release.Daemons[name]) is null).Select(name => overrides.GetValueOrDefault(name) is { } o
                ? new DaemonWorkload(name, name, release.Daemons[name]) { Replicas = o.Replicas ?? 1, Resources = o.Resources, Arguments = Dashed(o.Arguments), Config = o.Config }
                : new DaemonWorkload(name, name, release.Daemons[name])),
            .. (daemons.Groups ?? []).Where(g => release.Daemons.ContainsKey(g.Daemon)).Select(g => new DaemonWorkload(g.Name, g.Daemon, release.Daemons[g.Daemon]) { Replicas = g.Replicas ?? 1, Resources = g.Resources, Arguments = Dashed(g.Arguments), Config = g.Config }),
        ];
    }

    public static IReadOnlyList<string> Profile(RucioInstanceSpec spec, Release release) => release.Profiles[(spec.Daemons ?? new DaemonsSpec()).Profile.ToString()];

    private static Dictionary<string, string> Dashed(IReadOnlyDictionary<string, string>? arguments) =>
        (arguments ?? new Dictionary<string, string>()).ToDictionary(a => $"--{a.Key}", a => a.Value);
}
