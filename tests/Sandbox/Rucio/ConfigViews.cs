using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

internal static class ConfigViews
{
    public static readonly Route[] Routes =
    [
        new("GET", "/config", AllAsync, "", Route.Json),
        new("POST", "/config", SetManyAsync),
        new("GET", "/config/<section>", SectionAsync, "ConfigNotFound=404", Route.Json),
        new("DELETE", "/config/<section>", DeleteSectionAsync, "ConfigNotFound=404"),
        new("GET", "/config/<section>/<option>", GetAsync, "ConfigNotFound=404", Route.Json),
        new("DELETE", "/config/<section>/<option>", DeleteAsync, "ConfigNotFound=404"),
        new("PUT", "/config/<section>/<option>/<value>", SetAsync),
    ];

    public static readonly Route[] Heartbeats = [new("GET", "/heartbeats", HeartbeatsAsync, "", Route.Json)];

    private static async Task<Answer> AllAsync(Call call)
    {
        await RequireAsync(call, "retrieve sections");
        var rows = await call.Db.QueryAsync("SELECT section, opt, value FROM configs", r => (Section: r.GetString(0), Option: r.GetString(1), Value: r.GetString(2)));
        return Answer.Json(rows.GroupBy(r => r.Section).Select(s => KeyValuePair.Create<string, object?>(s.Key, s.Select(o => KeyValuePair.Create<string, object?>(o.Option, RucioConfig.Guess(o.Value))))));
    }

    private static async Task<Answer> SectionAsync(Call call)
    {
        await RequireAsync(call, $"check existence of section {call["section"]}");
        var rows = await call.Db.QueryAsync("SELECT opt, value FROM configs WHERE section = $1", r => KeyValuePair.Create<string, object?>(r.GetString(0), RucioConfig.Guess(r.GetString(1))), call["section"]);
        return rows.Count > 0 ? Answer.Json(rows.AsEnumerable()) : throw NotFound($"section '{call["section"]}'");
    }

    private static async Task<Answer> GetAsync(Call call)
    {
        if (!await Permissions.AllowsAsync(call, "config"))
            throw new AbortException(401, "AccessDenied", $"Access to '{call["section"]}' option '{call["option"]}' denied");
        return Answer.Json(RucioConfig.Guess(await call.Db.ScalarAsync<string>("SELECT value FROM configs WHERE section = $1 AND opt = $2", call["section"], call["option"])
            ?? throw NotFound($"section '{call["section"]}' option '{call["option"]}'")));
    }

    private static async Task<Answer> SetAsync(Call call)
    {
        await RequireAsync(call, $"set option {call["option"]} to {call["value"]} in section {call["section"]}");
        await StoreAsync(call, call["section"], call["option"], call["value"]);
        return Answer.Created;
    }

    private static async Task<Answer> SetManyAsync(Call call)
    {
        foreach (var (section, options) in call.Parameters())
        {
            if (options is not JsonObject values)
                throw new AbortException(400, "ValueError", "");
            foreach (var (option, value) in values)
            {
                await RequireAsync(call, $"set option {option} to {value} in section {section}");
                await StoreAsync(call, section, option, PythonJson.Str(value) ?? "None");
                await call.Db.CommitAsync();
            }
        }
        return Answer.Created;
    }

    private static async Task StoreAsync(Call call, string section, string option, string value)
    {
        await call.Db.ExecuteAsync($"INSERT INTO configs_history SELECT section, opt, value, {Session.Now}, {Session.Now} FROM configs WHERE section = $1 AND opt = $2 AND value IS DISTINCT FROM $3", section, option, value);
        await call.Db.ExecuteAsync($"INSERT INTO configs VALUES ($1, $2, $3, {Session.Now}, {Session.Now}) ON CONFLICT (section, opt) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at WHERE configs.value IS DISTINCT FROM excluded.value", section, option, value);
    }

    private static async Task<Answer> DeleteSectionAsync(Call call)
    {
        await RequireAsync(call, $"remove section {call["section"]}");
        return await RemoveAsync(call, "section = $1", call["section"]) > 0 ? Answer.Ok : throw NotFound($"section '{call["section"]}'");
    }

    private static async Task<Answer> DeleteAsync(Call call)
    {
        await RequireAsync(call, $"remove option {call["option"]} from section {call["section"]}");
        return await RemoveAsync(call, "section = $1 AND opt = $2", call["section"], call["option"]) > 0 ? Answer.Ok : throw NotFound($"section '{call["section"]}' option '{call["option"]}'");
    }

    private static Task<int> RemoveAsync(Call call, string where, params object?[] values) => call.Db.ExecuteAsync(
        $"WITH gone AS (DELETE FROM configs WHERE {where} RETURNING section, opt, value) INSERT INTO configs_history SELECT *, {Session.Now}, {Session.Now} FROM gone", values);

    private static async Task<Answer> HeartbeatsAsync(Call call)
    {
        await Permissions.RequireAsync(call, "list_heartbeats", $"{call.Issuer.External} cannot list heartbeats");
        return Answer.Json(await call.Db.QueryAsync("SELECT readable, hostname, pid, thread_name, updated_at, created_at, payload FROM heartbeats ORDER BY readable, hostname, thread_name", r => new Row
        {
            ["readable"] = r[0] as string,
            ["hostname"] = r.GetString(1),
            ["pid"] = r.GetInt32(2),
            ["thread_name"] = r[3] as string,
            ["updated_at"] = r.GetDateTime(4),
            ["created_at"] = r.GetDateTime(5),
            ["payload"] = r[6] as string,
        }));
    }

    private static Task RequireAsync(Call call, string what) => Permissions.RequireAsync(call, "config", $"{call.Issuer.External} cannot {what}");

    private static RucioException NotFound(string what) => new("ConfigNotFound", $"No configuration found for {what}");
}
