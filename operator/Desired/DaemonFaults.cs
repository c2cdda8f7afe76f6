using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>What only the release can know of the daemons in a spec; empty means all of them can run.</summary>
public static class DaemonFaults
{
    public static IReadOnlyList<FieldError> Find(RucioInstanceSpec spec, Release release)
    {
        var profile = DaemonWorkload.Profile(spec, release);
        List<FieldError> errors = [];
        foreach (var (o, n) in (spec.Daemons?.Overrides ?? []).Select((o, n) => (o, n)))
        {
            var path = $"spec.daemons.overrides[{n}]";
            errors.AddRange(Name($"{path}.name", o.Name, spec, release) is { } wrong ? [wrong]
                : !profile.Contains(o.Name) ? [Invalid($"{path}.name", $"{o.Name} is not in profile {(spec.Daemons ?? new()).Profile}: {Elsewhere(o.Name, release)}")]
                : Arguments(path, o.Name, o.Arguments, spec, release));
        }
        foreach (var (g, n) in (spec.Daemons?.Groups ?? []).Select((g, n) => (g, n)))
        {
            var path = $"spec.daemons.groups[{n}]";
            errors.AddRange(Name($"{path}.daemon", g.Daemon, spec, release) is { } wrong ? [wrong]
                : profile.Contains(g.Name) || g.Name != g.Daemon && release.Daemons.ContainsKey(g.Name) ? [Invalid($"{path}.name", $"{g.Name} is the name of a daemon{(profile.Contains(g.Name) ? " of the profile" : "")}: choose another name")]
                : VoReapers.IsName(g.Name) ? [Invalid($"{path}.name", $"{g.Name} may be the name of a VO's own reaper: choose another name")]
                : Arguments(path, g.Daemon, g.Arguments, spec, release));
        }
        return errors.Count > 0 ? errors : [.. Rings(spec, release)];
    }

    /// <summary>First rule that fits wins.</summary>
    private static FieldError? Name(string path, string daemon, RucioInstanceSpec spec, Release release)
    {
        if (release.Removed.GetValueOrDefault(daemon) is { } removed)
        {
            return Invalid(path, $"{daemon} is gone since Rucio {removed.Since}: {removed.Reason}");
        }
        if (!release.Daemons.TryGetValue(daemon, out var known))
        {
            return Invalid(path, $"{daemon} is not a daemon of Rucio {release.Line}{Nearest.Hint(daemon, release.Daemons.Keys)}");
        }
        return DaemonNeeds.Unmet(spec, known) is { } need ? Invalid(path, $"{daemon} has nothing to do without {need}") : null;
    }

    private static string Elsewhere(string daemon, Release release) =>
        release.Profiles.Where(p => p.Value.Contains(daemon)).Select(p => p.Key).FirstOrDefault() is { } profile ? $"choose {profile}, or run it as a group" : "run it as a group";

    private static IEnumerable<FieldError> Arguments(string path, string of, IReadOnlyDictionary<string, string>? arguments, RucioInstanceSpec spec, Release release)
    {
        var daemon = release.Daemons[of];
        foreach (var (name, value) in (arguments ?? new Dictionary<string, string>()).OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            FieldError? error = null;
            if (!daemon.Arguments.ContainsKey($"--{name}"))
            {
                error = Invalid($"{path}.arguments[{name}]", $"is not an argument of this daemon{Nearest.Hint(name, daemon.Arguments.Keys.Select(a => a[2..]))}");
            }
            else if (spec.MultiVo && of == VoReapers.Daemon && name == "rses")
            {
                // A reaper ends (RSENotFound) at a name that is in none of its VOs, and VOs with a credential get reapers of their own.
                error = Invalid($"{path}.arguments[{name}]", "would end the reapers of VOs that do not have all of these: use include-rses");
            }
            else
            {
                try
                {
                    DaemonArguments.Of(daemon, new Dictionary<string, string> { [$"--{name}"] = value });
                }
                catch (ArgumentException wrong)
                {
                    error = Invalid($"{path}.arguments[{name}]", wrong.Message[(wrong.Message.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
                }
            }
            if (error is not null)
            {
                yield return error;
            }
        }
    }

    /// <summary>Deployments that share work by hash and would not all do it.</summary>
    private static IEnumerable<FieldError> Rings(RucioInstanceSpec spec, Release release)
    {
        foreach (var ring in DaemonWorkload.Of(spec, release).GroupBy(w => (w.Daemon, string.Join('\n', w.Release.SplitBy.Select(a => $"{a} {w.Arguments.GetValueOrDefault(a)}")))).Where(r => r.Count() > 1))
        {
            foreach (var argument in ring.First().Release.SameForAll.Where(a => ring.Select(w => w.Arguments.GetValueOrDefault(a)).Distinct().Count() > 1))
            {
                var (daemon, split) = (ring.Key.Daemon, ring.First().Release.SplitBy);
                yield return Invalid("spec.daemons.groups", $"{string.Join(" and ", ring.Select(w => w.Name))} share the work of {daemon} by hash, so what only one of them may do would be done by none: {argument[2..]} must be the same for all"
                    + (split.Count > 0 ? $", or {string.Join(" or ", split.Select(a => a[2..]))} must differ" : ""));
            }
        }
    }

    private static FieldError Invalid(string path, string message) => new(path, ValidationReasons.InvalidField, message);
}
