using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using RucioOperator.Apply;

namespace RucioOperator.Tests.Behaviour.Kill;

/// <summary>All that a run leaves behind, without what may differ from run to run: times, uids, versions, and the values of credentials.</summary>
internal static partial class EndState
{
    private static readonly string[] Resources =
    [
        "secrets", "configmaps", "services", "serviceaccounts", "deployments.apps", "jobs.batch",
        "rucioinstances.rucio.cern.ch", "virtualorganisations.rucio.cern.ch", "storageelements.rucio.cern.ch",
    ];

    private static readonly string[] Passing =
    [
        "uid", "resourceVersion", "generation", "observedGeneration", "creationTimestamp", "managedFields", "lastTransitionTime", "startTime", "completionTime", "clusterIP", "port",
        "created_at", "updated_at", "password", "salt", "id", "at", RootLogin.MadeKey,
    ];

    /// <summary>Logins, and what Rucio notes of its own accord.</summary>
    private static readonly string[] IgnoredTables = ["tokens", "heartbeats", "configs_history", "messages"];

    public static async Task<SortedSet<string>> OfAsync(KillWorld world)
    {
        var secrets = world.GeneratedSecrets();
        var credentials = secrets.SelectMany(s => s.Value.Where(entry => entry.Key != RootLogin.MadeKey).Select(entry => (Value: entry.Value, Token: $"<{s.Key}/{entry.Key}>")))
            .Where(c => c.Value.Length >= 16).OrderByDescending(c => c.Value.Length).ToList();
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var resource in Resources)
        {
            foreach (var node in world.Bed.Kubernetes.Store.List(resource, KillWorld.Namespace))
            {
                if (resource == "secrets" && node["data"] is JsonObject data)
                    node["data"] = new JsonObject(data.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)Encoding.UTF8.GetString(Convert.FromBase64String(e.Value!.GetValue<string>())))));
                lines.UnionWith(Leaves(Steady(node, Credentials), $"{resource}/{node["metadata"]!["name"]}"));
            }
        }
        await foreach (var (table, row) in RowsAsync(world))
            lines.Add($"{table} {Steady(row, Credentials)!.ToJsonString()}");
        return lines;

        string Credentials(string text)
        {
            foreach (var (value, token) in credentials)
                text = text.Replace(value, token);
            // Hashes first: a port's digits may be among theirs.
            return Random().Replace(KillWorld.DatabaseName().Replace(text, "world"), "…").Replace($":{world.Proxy.Port}", ":<port>");
        }
    }

    private static async IAsyncEnumerable<(string Table, JsonNode Row)> RowsAsync(KillWorld world)
    {
        await using var database = NpgsqlDataSource.Create(world.SuperuserConnectionString);
        var tables = await ColumnAsync(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'rucio' ORDER BY 1");
        var names = new Dictionary<string, string>();
        foreach (var pair in await ColumnAsync(database, "SELECT id || ' ' || rse FROM rucio.rses"))
            names[pair.Split(' ')[0]] = pair.Split(' ')[1];
        foreach (var table in tables.Except(IgnoredTables))
        {
            foreach (var row in await ColumnAsync(database, $"SELECT to_jsonb(t)::text FROM rucio.\"{table}\" t"))
                yield return (table, JsonNode.Parse(names.Aggregate(row, (text, rse) => text.Replace(rse.Key, rse.Value)))!);
        }
    }

    private static async Task<List<string>> ColumnAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var column = new List<string>();
        while (await reader.ReadAsync())
            column.Add(reader.GetString(0));
        return column;
    }

    private static JsonNode? Steady(JsonNode? node, Func<string, string> text) => node switch
    {
        JsonObject o => new JsonObject(o.Where(p => !Passing.Contains(p.Key) || p.Value is JsonObject).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Steady(p.Value, text)))),
        JsonArray a => new JsonArray([.. a.Select(item => Steady(item, text))]),
        JsonValue v when v.TryGetValue<string>(out var value) => text(value),
        _ => node?.DeepClone(),
    };

    /// <summary>One line a value, so that a difference is one line too.</summary>
    private static IEnumerable<string> Leaves(JsonNode? node, string path) => node switch
    {
        JsonObject o => o.SelectMany(p => Leaves(p.Value, $"{path}.{p.Key}")),
        JsonArray a => a.SelectMany((item, place) => Leaves(item, $"{path}[{place}]")),
        _ => [$"{path} = {node}"],
    };

    /// <summary>Hashes over credentials, and ids.</summary>
    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{12,}")]
    private static partial Regex Random();
}
