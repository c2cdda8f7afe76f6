using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>What can be known of daemons without their release; the rest is in Desired/DaemonFaults.cs.</summary>
internal static class DaemonRules
{
    /// <summary>Other workloads and configurations of an instance are called so.</summary>
    public static readonly IReadOnlyList<string> TakenNames = ["admin", "api", "auth", "backup", "bootstrap", "cache", "daemons", "database", "frontend", "memcached", "migrate", "postgres", "trace", "webui"];

    public static IEnumerable<FieldError> Check(RucioInstanceSpec s)
    {
        var overrides = (s.Daemons?.Overrides).Items("spec.daemons.overrides").ToList();
        var groups = (s.Daemons?.Groups).Items("spec.daemons.groups").ToList();
        return
        [
            .. overrides.Where(o => o.Item.Name == "").Select(o => Missing($"{o.Path}.name")),
            .. overrides.SelectMany(o => Common(o.Path, o.Item.Replicas, o.Item.Resources, o.Item.Arguments, o.Item.Config)),
            .. overrides.Unique(o => o.Name, "this daemon has an override already"),
            .. groups.Where(g => !Forms.GroupName().IsMatch(g.Item.Name) || g.Item.Name.Length > 40).Select(g => Invalid($"{g.Path}.name", "must have a-z, 0-9 and -, begin with a letter, at most 40 characters")),
            .. groups.Where(g => TakenNames.Contains(g.Item.Name)).Select(g => Reserved($"{g.Path}.name", $"the operator's own objects are called {g.Item.Name}: choose another name")),
            .. groups.Where(g => g.Item.Daemon == "").Select(g => Missing($"{g.Path}.daemon")),
            .. groups.SelectMany(g => Common(g.Path, g.Item.Replicas, g.Item.Resources, g.Item.Arguments, g.Item.Config)),
            .. groups.Unique(g => g.Name, "this group is there twice"),
        ];
    }

    private static IEnumerable<FieldError> Common(string path, int? replicas, ResourcesSpec? resources, IReadOnlyDictionary<string, string>? arguments, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? config) =>
    [
        .. When(replicas is < 0 or > 50, Invalid($"{path}.replicas", "must be 0 to 50")),
        .. Resources($"{path}.resources", resources),
        .. (arguments ?? new Dictionary<string, string>()).Where(a => a.Key.StartsWith('-')).Select(a => Invalid($"{path}.arguments[{a.Key}]", $"is written without dashes: {a.Key.TrimStart('-')}")),
        .. ConfigRules.Options($"{path}.config", config),
    ];
}
