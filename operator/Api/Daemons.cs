using System.Text.Json.Serialization;

namespace RucioOperator.Api;

public sealed record DaemonsSpec
{
    public DaemonProfile Profile { get; set; } = DaemonProfile.Minimal;

    /// <summary>Settings of single daemons of the profile.</summary>
    public IReadOnlyList<DaemonOverride>? Overrides { get; init; }

    /// <summary>Further Deployments, of daemons in the profile or not.</summary>
    public IReadOnlyList<DaemonGroup>? Groups { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<DaemonProfile>))]
public enum DaemonProfile { Minimal, Standard, Tape }

public sealed record DaemonOverride
{
    /// <summary>As in bin/, without <c>rucio-</c>.</summary>
    public string Name { get; set; } = "";
    public int? Replicas { get; init; }
    public ResourcesSpec? Resources { get; init; }

    /// <summary>Argument without its dashes → value; flags take <c>true</c> or <c>false</c>.</summary>
    public IReadOnlyDictionary<string, string>? Arguments { get; init; }

    /// <summary>Section → option → text, for this daemon alone.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Config { get; init; }
}

public sealed record DaemonGroup
{
    /// <summary>Of the Deployment, after the instance's and a dash.</summary>
    public string Name { get; set; } = "";
    public string Daemon { get; set; } = "";
    public int? Replicas { get; init; }
    public ResourcesSpec? Resources { get; init; }
    public IReadOnlyDictionary<string, string>? Arguments { get; init; }
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Config { get; init; }
}
