using System.Text.Json.Serialization;

namespace RucioOperator.Releases;

/// <summary>What one line of Rucio has; data files in this folder, checked against Rucio's source by the tests.</summary>
public sealed record Release
{
    /// <summary>The major version.</summary>
    public required int Line { get; init; }

    /// <summary>Versions the data was compared with; another patch of the line is allowed, with an event.</summary>
    public required IReadOnlyList<string> Versions { get; init; }

    public required ReleaseImages Images { get; init; }
    public required string AlembicHead { get; init; }

    /// <summary>Lines from which this one can be reached in one step.</summary>
    public required IReadOnlyList<int> UpgradeFrom { get; init; }

    public required ReleaseEndpoints Endpoints { get; init; }
    public required IReadOnlyDictionary<string, ReleaseDaemon> Daemons { get; init; }

    /// <summary>Profile → daemons; a profile may name daemons the instance can't use, see <see cref="ReleaseDaemon.NeedsTransferTool"/>.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Profiles { get; init; }

    /// <summary>Every action the gateway asks the policy about.</summary>
    public required IReadOnlyList<string> GatewayActions { get; init; }
}

/// <summary>References with <c>{version}</c> in place of the version.</summary>
public sealed record ReleaseImages
{
    public required string Server { get; init; }
    public required string Daemons { get; init; }

    public string ServerOf(string version) => Server.Replace("{version}", version, StringComparison.Ordinal);
    public string DaemonsOf(string version) => Daemons.Replace("{version}", version, StringComparison.Ordinal);
}

public sealed record ReleaseEndpoints
{
    /// <summary>What a server has without any <c>[api]</c> option.</summary>
    public required IReadOnlyList<string> Default { get; init; }

    /// <summary><c>[api] endpoints</c> of the public server: all that clients need and nothing without a VO in it.</summary>
    public required IReadOnlyList<string> Public { get; init; }

    /// <summary><c>[api] endpoints_add</c> of the admin server.</summary>
    public required IReadOnlyList<string> AdminAdditions { get; init; }

    /// <summary>Open data asks for no permission (lib/rucio/gateway/opendata.py): it is safe only where all data is one experiment's.</summary>
    public IReadOnlyList<string> PublicOf(bool multiVo) =>
        multiVo ? Public : [.. Public.Concat(Default.Where(e => e.StartsWith("opendata", StringComparison.Ordinal))).Order(StringComparer.Ordinal)];
}

public sealed record ReleaseDaemon
{
    /// <summary>
    /// The closed list. Left out on purpose: <c>--vos</c> (two groups with different VOs starve each other),
    /// <c>--run-once</c>, and what a storage attribute does better.
    /// </summary>
    public required IReadOnlyDictionary<string, ArgumentKind> Arguments { get; init; }

    /// <summary>Short cycles: a killed pod keeps its share of the work for ten of them.</summary>
    public required IReadOnlyDictionary<string, string> Defaults { get; init; }

    /// <summary>Useless without a transfer service.</summary>
    public bool NeedsTransferTool { get; init; }

    /// <summary>Reads the list of RSEs once, at start: to be rolled when it changes.</summary>
    public bool FixesRseListAtStart { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<ArgumentKind>))]
public enum ArgumentKind
{
    [JsonStringEnumMemberName("flag")] Flag,
    [JsonStringEnumMemberName("integer")] Integer,
    [JsonStringEnumMemberName("text")] Text,

    /// <summary>One or more names, separated by commas in the value: activities have blanks in them.</summary>
    [JsonStringEnumMemberName("words")] Words,
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Release))]
internal sealed partial class ReleaseJson : JsonSerializerContext;
