using System.Text.Json.Serialization;

namespace RucioOperator.Releases;

/// <summary>
/// What one line of Rucio has; data files in this folder (their form: release.schema.json), checked against Rucio's source
/// by the tests.
/// </summary>
public sealed record Release
{
    /// <summary>For editors.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

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

    /// <summary>Daemons of other lines, or of charts, that this one has not.</summary>
    public required IReadOnlyDictionary<string, RemovedDaemon> Removed { get; init; }

    /// <summary>Profile → daemons; a profile may name daemons the instance can't use, see <see cref="ReleaseDaemon.Needs"/>.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Profiles { get; init; }

    /// <summary>Every action the gateway asks the policy about.</summary>
    public required IReadOnlyList<string> GatewayActions { get; init; }
}

/// <summary>References with <c>{version}</c> in place of the version.</summary>
public sealed record ReleaseImages
{
    public required string Server { get; init; }
    public required string Daemons { get; init; }

    /// <summary>Rucio's own client, and what it needs to reach storages.</summary>
    public required string Clients { get; init; }

    /// <summary>Its versions are its own; null: none is known for this line.</summary>
    public string? Webui { get; init; }

    public string ServerOf(string version) => Server.Replace("{version}", version, StringComparison.Ordinal);
    public string ClientsOf(string version) => Clients.Replace("{version}", version, StringComparison.Ordinal);
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

/// <param name="Since">The line without it.</param>
public sealed record RemovedDaemon(string Since, string Reason);

public sealed record ReleaseDaemon
{
    /// <summary>
    /// The closed list. Left out on purpose: <c>--vos</c> (two groups with different VOs starve each other, but for reapers,
    /// which the operator itself shares out), <c>--run-once</c>, <c>--exclude-activities</c> (without effect in a multi-VO Rucio), and what a storage attribute
    /// or its availability does better.
    /// </summary>
    public required IReadOnlyDictionary<string, ArgumentKind> Arguments { get; init; }

    /// <summary>Short cycles: a killed pod keeps its share of the work for ten of them.</summary>
    public required IReadOnlyDictionary<string, string> Defaults { get; init; }

    /// <summary>Kubernetes quantities of one process with the defaults: what is set aside, and where it is stopped.</summary>
    public required string Memory { get; init; }
    public required string MemoryLimit { get; init; }

    /// <summary>Longer than one chunk of work takes: a daemon that is killed leaves a heartbeat which keeps its share of the work.</summary>
    public required int GracePeriodSeconds { get; init; }

    /// <summary>What it is useless without; null: runs in any instance.</summary>
    public DaemonNeed? Needs { get; init; }

    /// <summary>Presents the instance's or a VO's X.509 credential to FTS or to storages.</summary>
    public bool UsesX509Proxy { get; init; }

    /// <summary>Signs URLs of object stores, with the keys in rse-accounts.cfg (lib/rucio/core/credential.py).</summary>
    public bool SignsUrls { get; init; }

    /// <summary>Reads the list of RSEs once, at start: to be rolled when it changes (daemons/conveyor/common.py, get_conveyor_rses).</summary>
    public bool FixesRseListAtStart { get; init; }

    /// <summary>Sections of rucio.cfg that no other process reads: a change there touches this daemon alone.</summary>
    public IReadOnlyList<string> Sections { get; set; } = [];

    /// <summary>Arguments that are part of its heartbeat's name: Deployments that differ in them share no work.</summary>
    public IReadOnlyList<string> SplitBy { get; set; } = [];

    /// <summary>
    /// Arguments that narrow the work without being in the heartbeat's name: of Deployments that share work by hash, one
    /// would skip what only the other may do, for ever. So they must agree.
    /// </summary>
    public IReadOnlyList<string> SameForAll { get; set; } = [];
}

[JsonConverter(typeof(JsonStringEnumConverter<DaemonNeed>))]
public enum DaemonNeed
{
    [JsonStringEnumMemberName("transferTool")] TransferTool,

    /// <summary>At least one service that messages go to.</summary>
    [JsonStringEnumMemberName("messageService")] MessageService,

    /// <summary>A broker with FTS's state messages.</summary>
    [JsonStringEnumMemberName("ftsMessages")] FtsMessages,

    /// <summary>A broker with clients' traces.</summary>
    [JsonStringEnumMemberName("traces")] Traces,

    /// <summary>A broker with messages about volatile storages.</summary>
    [JsonStringEnumMemberName("cacheMessages")] CacheMessages,

    [JsonStringEnumMemberName("oidc")] Oidc,
}

[JsonConverter(typeof(JsonStringEnumConverter<ArgumentKind>))]
public enum ArgumentKind
{
    [JsonStringEnumMemberName("flag")] Flag,
    [JsonStringEnumMemberName("integer")] Integer,
    [JsonStringEnumMemberName("number")] Number,
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
