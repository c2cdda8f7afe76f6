using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Limits, usage and QoS policies of RSEs.</summary>
internal static class RseUsageViews
{
    public static readonly Route[] Routes =
    [
        new("GET", "/rses/<rse>/limits", LimitsAsync, "RSENotFound=404", Route.Json),
        new("PUT", "/rses/<rse>/limits", SetLimitAsync, "AccessDenied=401 RSENotFound=404"),
        new("DELETE", "/rses/<rse>/limits", DeleteLimitAsync, "AccessDenied=401 RSENotFound=404"),
        new("GET", "/rses/<rse>/usage", UsageAsync, "RSENotFound=404", Route.Stream),
        new("PUT", "/rses/<rse>/usage", SetUsageAsync, "AccessDenied=401 RSENotFound=404"),
        new("GET", "/rses/<rse>/accounts/usage", AccountUsageAsync, "RSENotFound=404", Route.Json),
        new("GET", "/rses/<rse>/qos_policy", PoliciesAsync, "RSENotFound=404", Route.Json),
        new("POST", "/rses/<rse>/qos_policy/<policy>", AddPolicyAsync, "RSENotFound=404", Route.Json),
        new("DELETE", "/rses/<rse>/qos_policy/<policy>", DeletePolicyAsync, "RSENotFound=404", Route.Json),
    ];

    public static Task<int> SetLimitsAsync(Session db, IReadOnlyList<JsonObject> rows) => rows.Count == 0 ? Task.FromResult(0)
        : db.InsertAsync("rse_limits", ["rse_id", "name", "value"], rows, "ON CONFLICT (rse_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at");

    private static async Task<Answer> LimitsAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        return Answer.Json((await call.Db.QueryAsync("SELECT name, value FROM rse_limits WHERE rse_id = $1", r => KeyValuePair.Create<string, object?>(r.GetString(0), r.GetInt64(1)), id)).AsEnumerable());
    }

    private static async Task<Answer> SetLimitAsync(Call call)
    {
        var parameters = call.Parameters();
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "set_rse_limits", $"Account {call.Issuer.External} can not update RSE limits for RSE {call["rse"]}");
        await SetLimitsAsync(call.Db, [new JsonObject { ["rse_id"] = id, ["name"] = parameters["name"]?.DeepClone(), ["value"] = parameters["value"]?.DeepClone() }]);
        return Answer.Ok;
    }

    private static async Task<Answer> DeleteLimitAsync(Call call)
    {
        var name = PythonJson.Str(Call.Required(call.Parameters(), "name"));
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "delete_rse_limits", $"Account {call.Issuer.External} can not update RSE limits for RSE {call["rse"]}");
        await call.Db.ExecuteAsync("DELETE FROM rse_limits WHERE rse_id = $1 AND ($2::text IS NULL OR name = $2)", id, name);
        return Answer.Ok;
    }

    private static async Task<Answer> UsageAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        return Answer.Stream(await call.Db.QueryAsync("SELECT rse_id, source, used, free, files, updated_at FROM rse_usage WHERE rse_id = $1 AND ($2::text IS NULL OR source = $2)",
            r => RseTable.UsageDocument(r, call["rse"]), id, call.Query("source")));
    }

    private static async Task<Answer> SetUsageAsync(Call call)
    {
        var parameters = call.Parameters();
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "set_rse_usage", $"Account {call.Issuer.External} can not update RSE usage information for RSE {call["rse"]}");
        var row = new JsonObject { ["rse_id"] = id };
        foreach (var key in (string[])["source", "used", "free", "files"])
            row[key] = parameters[key]?.DeepClone();
        await call.Db.InsertAsync("rse_usage", ["rse_id", "source", "used", "free", "files"], [row],
            "ON CONFLICT (rse_id, source) DO UPDATE SET used = excluded.used, free = excluded.free, files = excluded.files, updated_at = excluded.updated_at");
        return Answer.Ok;
    }

    private static async Task<Answer> AccountUsageAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        var rows = await call.Db.QueryAsync("""
            SELECT a.account, coalesce(u.files, 0), coalesce(u.bytes, 0), l.bytes FROM accounts a
            LEFT JOIN account_usage u ON u.account = a.account AND u.rse_id = $1
            LEFT JOIN account_limits l ON l.account = a.account AND l.rse_id = $1
            """, r => (Account: InternalAccount.FromInternal(r.GetString(0)), Files: r.GetInt64(1), Bytes: r.GetInt64(2), Quota: r[3] as long?), id);
        return Answer.Stream(rows.Where(r => r.Account.Vo == call.Vo).Select(r => new Row
        {
            ["rse_id"] = id,
            ["rse"] = call["rse"],
            ["account"] = r.Account.External,
            ["used_files"] = r.Files,
            ["used_bytes"] = r.Bytes,
            ["quota_bytes"] = r.Quota,
        }), "application/json");
    }

    private static async Task<Answer> PoliciesAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        return Answer.Json(await call.Db.QueryAsync("SELECT qos_policy FROM rse_qos_map WHERE rse_id = $1", r => r.GetString(0), id));
    }

    private static async Task<Answer> AddPolicyAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "add_qos_policy", $"Account {call.Issuer.External} cannot add QoS policies to RSE {call["rse"]}");
        try
        {
            await call.Db.InsertAsync("rse_qos_map", ["rse_id", "qos_policy"], [new JsonObject { ["rse_id"] = id, ["qos_policy"] = call["policy"] }]);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("Duplicate", $"QoS policy {call["policy"]} already exists!");
        }
        return Answer.Created;
    }

    private static async Task<Answer> DeletePolicyAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "delete_qos_policy", $"Account {call.Issuer.External} cannot delete QoS policies from RSE {call["rse"]}");
        await call.Db.ExecuteAsync("DELETE FROM rse_qos_map WHERE rse_id = $1 AND qos_policy = $2", id, call["policy"]);
        return Answer.Ok;
    }
}
