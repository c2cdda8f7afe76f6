using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RucioOperator.Observed;

namespace RucioOperator.RucioApi;

/// <summary>
/// What a Rucio tells over REST, in bulk where it can: the same picture that <c>CatalogueReader</c> has of tables, for servers
/// whose catalogue is out of reach. Formats: lib/rucio/web/rest/flaskapi/v1/, lib/rucio/core/exporter.py.
/// </summary>
public static partial class RucioReads
{
    /// <summary>Tag → description and email; super_root only.</summary>
    public static async Task<IReadOnlyDictionary<string, (string? Description, string? Email)>> ListVosAsync(this RucioSession s, CancellationToken ct) =>
        (await LinesAsync(s, "vos/", ct)).ToDictionary(v => Text(v, "vo")!, v => (Text(v, "description"), Text(v, "email")), StringComparer.Ordinal);

    /// <summary>One section of the config table; null: this server or this account doesn't offer it.</summary>
    public static async Task<IReadOnlyDictionary<string, string>?> FindConfigAsync(this RucioSession s, string section, CancellationToken ct)
    {
        try
        {
            using var json = await JsonAsync(s, $"config/{Uri.EscapeDataString(section)}", ct);
            return json.RootElement.EnumerateObject().ToDictionary(o => o.Name, o => Plain(o.Value), StringComparer.Ordinal);
        }
        catch (RucioRejectedException none) when (none.ExceptionClass == "ConfigNotFound")
        {
            return new Dictionary<string, string>();
        }
        catch (RucioRejectedException refused) when (refused.ExceptionClass == "AccessDenied" || refused.Status is 403 or 404 or 405)
        {
            return null;
        }
    }

    /// <summary>All storages of the session's VO that are not deleted, in one call; distances cost the server as much as all else.</summary>
    public static async Task<(IReadOnlyDictionary<string, ObservedRse> Rses, IReadOnlyDictionary<(string, string), int>? Distances)> ExportAsync(this RucioSession s, bool distances, CancellationToken ct)
    {
        using var json = await JsonAsync(s, $"export?distance={(distances ? "true" : "false")}", ct);
        var rses = json.RootElement.GetProperty("rses").EnumerateObject().Select(r => Rse(r.Name, r.Value)).ToDictionary(r => r.Name, StringComparer.Ordinal);
        return (rses, distances ? Distances(json.RootElement.GetProperty("distances")) : null);
    }

    /// <summary>Active accounts; suspended and deleted ones are not listed.</summary>
    /// <param name="filter">Of an attribute, or <c>identity</c>.</param>
    public static async Task<IReadOnlyDictionary<string, ObservedAccount>> ListAccountsAsync(this RucioSession s, CancellationToken ct, (string Key, string Value)? filter = null) =>
        (await LinesAsync(s, filter is { } f ? $"accounts/?{E(f.Key)}={E(f.Value)}" : "accounts/", ct)).Select(a => new ObservedAccount(Text(a, "account")!, Text(a, "type") ?? "USER", "ACTIVE", Text(a, "email"))).ToDictionary(a => a.Name, StringComparer.Ordinal);

    /// <summary>One account whatever its status; null: there never was one.</summary>
    public static async Task<ObservedAccount?> FindAccountAsync(this RucioSession s, string account, CancellationToken ct)
    {
        try
        {
            using var json = await JsonAsync(s, $"accounts/{E(account)}", ct);
            var found = json.RootElement;
            return new ObservedAccount(account, Text(found, "account_type") ?? "USER", Text(found, "status") ?? "ACTIVE", Text(found, "email"));
        }
        catch (RucioRejectedException none) when (none.ExceptionClass == "AccountNotFound")
        {
            return null;
        }
    }

    public static async Task<IReadOnlyDictionary<string, string>> AccountAttributesAsync(this RucioSession s, string account, CancellationToken ct)
    {
        using var json = await JsonAsync(s, $"accounts/{E(account)}/attr/", ct);
        return json.RootElement.EnumerateArray().ToDictionary(a => Text(a, "key")!, a => Plain(a.GetProperty("value")), StringComparer.Ordinal);
    }

    public static async Task<IReadOnlyList<ObservedIdentity>> IdentitiesAsync(this RucioSession s, string account, CancellationToken ct) =>
        [.. (await LinesAsync(s, $"accounts/{E(account)}/identities", ct)).Select(i => new ObservedIdentity(Text(i, "identity")!, Text(i, "type")!))];

    /// <summary>Accounts that an identity opens, in all VOs; null: this server doesn't offer that.</summary>
    public static async Task<int?> CountAccountsOfAsync(this RucioSession s, string identity, string type, CancellationToken ct)
    {
        try
        {
            using var json = await JsonAsync(s, $"identities/accounts?identity_key={E(identity)}&type={E(type)}", ct);
            return json.RootElement.GetArrayLength();
        }
        catch (RucioRejectedException refused) when (refused.ExceptionClass == "AccessDenied" || refused.Status is 403 or 404 or 405)
        {
            return null;
        }
    }

    /// <summary>RSE → bytes; −1 is unlimited, which Rucio writes as a bare <c>Infinity</c>.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> LocalLimitsAsync(this RucioSession s, string account, CancellationToken ct)
    {
        using var json = JsonDocument.Parse(Infinity().Replace(await s.SendAsync(HttpMethod.Get, $"accounts/{E(account)}/limits/local", null, ct) ?? "{}", "$1-1"));
        return json.RootElement.EnumerateObject().Where(l => l.Value.ValueKind == JsonValueKind.Number).ToDictionary(l => l.Name, l => l.Value.GetInt64(), StringComparer.Ordinal);
    }

    /// <summary>
    /// RSE expression → bytes over all its storages; −1 is unlimited. Rucio resolves every expression of the account for the answer, and
    /// one that means no storage spoils it all: then those that are <paramref name="asked"/> for are read one by one.
    /// </summary>
    public static async Task<IReadOnlyDictionary<string, long>> GlobalLimitsAsync(this RucioSession s, string account, IEnumerable<string> asked, CancellationToken ct)
    {
        try
        {
            using var all = JsonDocument.Parse(Infinity().Replace(await s.SendAsync(HttpMethod.Get, $"accounts/{E(account)}/limits/global", null, ct) ?? "{}", "$1-1"));
            return all.RootElement.EnumerateObject().Where(l => l.Value.GetProperty("limit").ValueKind == JsonValueKind.Number).ToDictionary(l => l.Name, l => l.Value.GetProperty("limit").GetInt64(), StringComparer.Ordinal);
        }
        catch (RucioRejectedException unresolved) when (unresolved.ExceptionClass == "InvalidRSEExpression")
        {
            var limits = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var expression in asked)
            {
                using var one = JsonDocument.Parse(Infinity().Replace(await s.SendAsync(HttpMethod.Get, $"accounts/{E(account)}/limits/global/{E(expression)}", null, ct) ?? "{}", "$1-1"));
                foreach (var limit in one.RootElement.EnumerateObject().Where(l => l.Value.ValueKind == JsonValueKind.Number))
                {
                    limits[limit.Name] = limit.Value.GetInt64();
                }
            }
            return limits;
        }
    }

    /// <summary>Scope → owner.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ScopeOwnersAsync(this RucioSession s, CancellationToken ct)
    {
        using var json = await JsonAsync(s, "scopes/owner/", ct);
        return json.RootElement.EnumerateArray().ToDictionary(o => Text(o, "scope")!, o => Text(o, "account")!, StringComparer.Ordinal);
    }

    public static async Task<IReadOnlyList<ObservedSubscription>> SubscriptionsAsync(this RucioSession s, CancellationToken ct)
    {
        try
        {
            return [.. (await LinesAsync(s, "subscriptions/", ct)).Select(x => new ObservedSubscription(Text(x, "name")!, Text(x, "account")!, Text(x, "filter") ?? "", Text(x, "replication_rules") ?? "")
            {
                State = (Text(x, "state") ?? "A")[0],
                Priority = (int)Number(x, "policyid"),
                Comments = Text(x, "comments"),
                EndsAt = Time(x, "lifetime"),
            })];
        }
        catch (RucioRejectedException none) when (none.ExceptionClass == "SubscriptionNotFound")
        {
            return [];
        }
    }

    /// <summary>Rucio's own counters, which lag by a cycle of abacus-rse, and what others report; the table of replicas is not to be counted over REST.</summary>
    public static async Task<ObservedSpace> SpaceAsync(this RucioSession s, string rse, CancellationToken ct)
    {
        var sources = (await LinesAsync(s, $"rses/{E(rse)}/usage", ct)).ToDictionary(u => Text(u, "source")!, StringComparer.Ordinal);
        return sources.TryGetValue("rucio", out var counter)
            ? new(Number(counter, "used"), Number(counter, "files"), Reported(sources))
            : new(null, null, Reported(sources));
    }

    private static ReportedSpace? Reported(Dictionary<string, JsonElement> sources) => sources.TryGetValue("storage", out var told) && told.GetProperty("used").ValueKind == JsonValueKind.Number
        ? new(Number(told, "used"), Number(told, "free"), told.GetProperty("files").ValueKind == JsonValueKind.Number ? Number(told, "files") : null, Time(told, "updated_at") ?? DateTime.UnixEpoch)
        : null;

    private static ObservedRse Rse(string name, JsonElement r) => new(name, Text(r, "id")!)
    {
        Type = Text(r, "rse_type") ?? "DISK",
        Deterministic = Flag(r, "deterministic"),
        Volatile = Flag(r, "volatile"),
        StagingArea = Flag(r, "staging_area"),
        Read = Flag(r, "availability_read"),
        Write = Flag(r, "availability_write"),
        Delete = Flag(r, "availability_delete"),
        Attributes = r.GetProperty("attributes").EnumerateObject().ToDictionary(a => a.Name, a => Plain(a.Value), StringComparer.Ordinal),
        Limits = r.TryGetProperty("MinFreeSpace", out var free) && free.ValueKind == JsonValueKind.Number ? new Dictionary<string, long> { ["MinFreeSpace"] = free.GetInt64() } : [],
        Protocols = [.. r.GetProperty("protocols").EnumerateArray().Select(Protocol)],
    };

    private static ObservedProtocol Protocol(JsonElement p)
    {
        var (lan, wan) = (p.GetProperty("domains").GetProperty("lan"), p.GetProperty("domains").GetProperty("wan"));
        return new(Text(p, "scheme")!, Text(p, "hostname")!, p.GetProperty("port").GetInt32(), Text(p, "prefix") ?? "", Text(p, "impl")!, new ProtocolPriorities
        {
            LanRead = Priority(lan, "read"),
            LanWrite = Priority(lan, "write"),
            LanDelete = Priority(lan, "delete"),
            WanRead = Priority(wan, "read"),
            WanWrite = Priority(wan, "write"),
            WanDelete = Priority(wan, "delete"),
            ThirdPartyCopyRead = Priority(wan, "third_party_copy_read"),
            ThirdPartyCopyWrite = Priority(wan, "third_party_copy_write"),
        })
        { ExtendedAttributes = p.TryGetProperty("extended_attributes", out var extras) ? ExtendedAttributes.Read(extras.GetRawText()) : null };
    }

    private static Dictionary<(string, string), int> Distances(JsonElement sources)
    {
        var distances = new Dictionary<(string, string), int>();
        foreach (var source in sources.EnumerateObject())
        {
            foreach (var destination in source.Value.EnumerateObject().Where(d => d.Value.GetProperty("distance").ValueKind == JsonValueKind.Number))
            {
                distances[(source.Name, destination.Name)] = destination.Value.GetProperty("distance").GetInt32();
            }
        }
        return distances;
    }

    /// <exception cref="RucioUnavailableException">The answer was cut or is not Rucio's.</exception>
    private static async Task<JsonDocument> JsonAsync(RucioSession s, string path, CancellationToken ct)
    {
        var body = await s.SendAsync(HttpMethod.Get, path, null, ct);
        try
        {
            return JsonDocument.Parse(body ?? "");
        }
        catch (JsonException error)
        {
            throw new RucioUnavailableException($"GET /{path}", "the answer is no JSON", error);
        }
    }

    private static async Task<IReadOnlyList<JsonElement>> LinesAsync(RucioSession s, string path, CancellationToken ct)
    {
        var body = await s.SendAsync(HttpMethod.Get, path, null, ct) ?? "";
        try
        {
            return [.. body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
        }
        catch (JsonException error)
        {
            // A stream that broke off after its status: what is missing must not look like absent.
            throw new RucioUnavailableException($"GET /{path}", "the answer broke off", error);
        }
    }

    private static string E(string segment) => Uri.EscapeDataString(segment);

    private static string? Text(JsonElement o, string name) => o.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Rucio guesses types when it answers; the tables hold text.</summary>
    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    private static DateTime? Time(JsonElement o, string name) =>
        DateTime.TryParseExact(Text(o, name), "ddd, dd MMM yyyy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;

    private static bool Flag(JsonElement o, string name) => o.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static long Number(JsonElement o, string name) => o.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : 0;

    private static int? Priority(JsonElement domain, string name) => domain.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    [GeneratedRegex(@"(:\s*)Infinity\b")]
    private static partial Regex Infinity();
}
