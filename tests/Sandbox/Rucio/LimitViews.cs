namespace RucioOperator.Sandbox.Rucio;

/// <summary>Account limits and usage; -1 is unlimited and comes back as `Infinity`.</summary>
internal static class LimitViews
{
    private const string Setting = "AccessDenied=401 RSENotFound=404 AccountNotFound=404";
    private const string Using = "AccountNotFound=404 RSENotFound=404 AccessDenied=401";

    public static readonly Route[] Routes =
    [
        new("GET", "/accounts/<account>/limits", LocalAsync, "RSENotFound=404", Route.Json),
        new("GET", "/accounts/<account>/limits/local", LocalAsync, "RSENotFound=404", Route.Json),
        new("GET", "/accounts/<account>/limits/local/<rse>", LocalAsync, "RSENotFound=404", Route.Json),
        new("POST", "/accounts/<account>/limits/local/<rse>", SetLocalAsync, Setting),
        new("DELETE", "/accounts/<account>/limits/local/<rse>", DeleteLocalAsync, Setting),
        new("GET", "/accounts/<account>/limits/global", GlobalAsync, "RSENotFound=404", Route.Json),
        new("GET", "/accounts/<account>/limits/global/<expression>", GlobalAsync, "RSENotFound=404", Route.Json),
        new("POST", "/accounts/<account>/limits/global/<expression>", SetGlobalAsync, Setting),
        new("DELETE", "/accounts/<account>/limits/global/<expression>", DeleteGlobalAsync, Setting),
        new("GET", "/accounts/<account>/usage", LocalUsageAsync, Using, Route.Stream),
        new("GET", "/accounts/<account>/usage/", LocalUsageAsync, Using, Route.Stream),
        new("GET", "/accounts/<account>/usage/local", LocalUsageAsync, Using, Route.Stream),
        new("GET", "/accounts/<account>/usage/local/<rse>", LocalUsageAsync, Using, Route.Stream),
        new("GET", "/accounts/<account>/usage/<rse>", LocalUsageAsync, Using, Route.Stream),
        new("GET", "/accounts/<account>/usage/global", GlobalUsageAsync, Using, Route.Stream),
        new("GET", "/accounts/<account>/usage/global/<expression>", GlobalUsageAsync, Using, Route.Stream),
    ];

    private static object? Limit(object? bytes) => bytes is long n ? n == -1 ? double.PositiveInfinity : n : null;

    private static object? Remaining(object? limit, long used) => limit is long n ? n - used : limit is double ? limit : -used;

    private static async Task<Answer> LocalAsync(Call call)
    {
        if (call.Optional("rse") is { } rse)
        {
            var id = await RseTable.IdAsync(call, rse);
            var one = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
            return Answer.Json(new Row { [rse] = Limit(await call.Db.ScalarAsync<object>("SELECT bytes FROM account_limits WHERE account = $1 AND rse_id = $2", one.Internal, id)) });
        }
        var account = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
        return Answer.Json((await call.Db.QueryAsync("SELECT r.rse, l.bytes FROM account_limits l JOIN rses r ON r.id = l.rse_id WHERE l.account = $1 ORDER BY r.rse",
            r => KeyValuePair.Create(r.GetString(0), Limit(r[1])), account.Internal)).AsEnumerable());
    }

    private static async Task<Answer> SetLocalAsync(Call call)
    {
        var bytes = Call.Required(call.Parameters(), "bytes");
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "set_local_account_limit", $"Account {call.Issuer.External} can not set account limits");
        var account = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
        await call.Db.ExecuteAsync($"INSERT INTO account_limits VALUES ($1, $2, $3::text::bigint, {Session.Now}, {Session.Now}) ON CONFLICT (account, rse_id) DO UPDATE SET bytes = excluded.bytes, updated_at = excluded.updated_at",
            account.Internal, id, PythonJson.Str(bytes));
        return Answer.Created;
    }

    private static async Task<Answer> DeleteLocalAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "delete_local_account_limit", $"Account {call.Issuer.External} can not delete account limits");
        var account = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
        await call.Db.ExecuteAsync("DELETE FROM account_limits WHERE account = $1 AND rse_id = $2", account.Internal, id);
        return Answer.Ok;
    }

    private static async Task<Answer> GlobalAsync(Call call)
    {
        var account = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
        if (call.Optional("expression") is { } expression)
            return Answer.Json(new Row { [expression] = Limit(await call.Db.ScalarAsync<object>("SELECT bytes FROM account_glob_limits WHERE account = $1 AND rse_expression = $2", account.Internal, expression)) });
        var answer = new Row();
        foreach (var (key, bytes) in await GlobalLimitsAsync(call, account))
        {
            var rses = await RseExpressions.EvaluateAsync(call.Db, call.Vo, key);
            answer[key] = new Row { ["resolved_rses"] = rses.Select(r => r.Name), ["resolved_rse_ids"] = rses.Select(r => r.Id), ["limit"] = bytes };
        }
        return Answer.Json(answer);
    }

    private static async Task<Answer> SetGlobalAsync(Call call)
    {
        var bytes = Call.Required(call.Parameters(), "bytes");
        await Permissions.RequireAsync(call, "set_global_account_limit", $"Account {call.Issuer.External} can not set account limits");
        var account = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
        await call.Db.ExecuteAsync($"INSERT INTO account_glob_limits VALUES ($1, $2, $3::text::bigint, {Session.Now}, {Session.Now}) ON CONFLICT (account, rse_expression) DO UPDATE SET bytes = excluded.bytes, updated_at = excluded.updated_at",
            account.Internal, call["expression"], PythonJson.Str(bytes));
        return Answer.Created;
    }

    private static async Task<Answer> DeleteGlobalAsync(Call call)
    {
        await Permissions.RequireAsync(call, "delete_global_account_limit", $"Account {call.Issuer.External} can not delete global account limits");
        var account = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
        await call.Db.ExecuteAsync("DELETE FROM account_glob_limits WHERE account = $1 AND rse_expression = $2", account.Internal, call["expression"]);
        return Answer.Ok;
    }

    private static async Task<Answer> LocalUsageAsync(Call call)
    {
        Guid? id = call.Optional("rse") is { } rse ? await RseTable.IdAsync(call, rse) : null;
        await Permissions.RequireAsync(call, "get_account_usage", $"Account {call.Issuer.External} can not list account usage", owner: call.Account(call["account"]));
        var account = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
        var rows = await call.Db.QueryAsync("""
            SELECT r.id, r.rse, coalesce(u.bytes, 0), coalesce(u.files, 0), l.bytes, l.account IS NOT NULL FROM rses r
            LEFT JOIN account_usage u ON u.rse_id = r.id AND u.account = $1
            LEFT JOIN account_limits l ON l.rse_id = r.id AND l.account = $1
            WHERE (u.account IS NOT NULL OR l.account IS NOT NULL) AND ($2::uuid IS NULL OR r.id = $2)
            """, r => (Id: r.GetGuid(0), Name: r.GetString(1), Bytes: r.GetInt64(2), Files: r.GetInt64(3), Limit: Limit(r[4]) ?? 0L, Limited: r.GetBoolean(5)), account.Internal, id);
        return Answer.Stream(rows.Where(r => r.Limited || r.Bytes > 0 || r.Files > 0).Select(r => new Row
        {
            ["rse_id"] = r.Id,
            ["rse"] = r.Name,
            ["bytes"] = r.Bytes,
            ["files"] = r.Files,
            ["bytes_limit"] = r.Limit,
            ["bytes_remaining"] = Remaining(r.Limit, r.Bytes),
        }));
    }

    private static async Task<Answer> GlobalUsageAsync(Call call)
    {
        await Permissions.RequireAsync(call, "get_account_usage", $"Account {call.Issuer.External} can not list global account usage", owner: call.Account(call["account"]));
        var account = await AccountViews.ActiveAsync(call, "Account {0} does not exist");
        var limits = await GlobalLimitsAsync(call, account);
        if (call.Optional("expression") is { } only)
            limits = [limits.FirstOrDefault(l => l.Expression == only) is { Expression: not null } found ? found : (only, 0L)];
        List<Row> rows = [];
        foreach (var (expression, limit) in limits)
        {
            var rses = await RseExpressions.EvaluateAsync(call.Db, call.Vo, expression);
            var used = (await call.Db.QueryAsync("SELECT coalesce(sum(bytes), 0)::bigint, coalesce(sum(files), 0)::bigint FROM account_usage WHERE account = $1 AND rse_id = ANY($2)",
                r => (Bytes: r.GetInt64(0), Files: r.GetInt64(1)), account.Internal, rses.Select(r => r.Id).ToArray()))[0];
            rows.Add(new() { ["rse_expression"] = expression, ["bytes"] = used.Bytes, ["files"] = used.Files, ["bytes_limit"] = limit, ["bytes_remaining"] = Remaining(limit, used.Bytes) });
        }
        return Answer.Stream(rows);
    }

    private static Task<List<(string Expression, object? Bytes)>> GlobalLimitsAsync(Call call, InternalAccount account) =>
        call.Db.QueryAsync("SELECT rse_expression, bytes FROM account_glob_limits WHERE account = $1", r => (r.GetString(0), Limit(r[1])), account.Internal);
}
