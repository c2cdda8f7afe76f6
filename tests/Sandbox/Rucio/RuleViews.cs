using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Rules: quota and duplicates are real, but nothing is ever transferred: a rule is OK where replicas are, else it replicates for ever.</summary>
internal static class RuleViews
{
    private const string Conflicts = "DuplicateRule=409 InsufficientAccountLimit=409 InsufficientTargetRSEs=409 InvalidRSEExpression=409 InvalidReplicationRule=409 InvalidObject=409 DataIdentifierNotFound=404";

    private static readonly Dictionary<string, string> States = new() { ["R"] = "REPLICATING", ["O"] = "OK", ["S"] = "STUCK", ["U"] = "SUSPENDED", ["W"] = "WAITING_APPROVAL", ["I"] = "INJECT" };
    private static readonly Dictionary<string, string> Groupings = new() { ["A"] = "ALL", ["D"] = "DATASET", ["N"] = "NONE" };
    private static readonly Dictionary<string, string> Notifications = new() { ["Y"] = "YES", ["N"] = "NO", ["C"] = "CLOSE", ["P"] = "PROGRESS" };

    public static readonly Route[] Routes =
    [
        new("POST", "/rules/", AddAsync, Conflicts),
        new("GET", "/rules/", ListAsync, "", Route.Stream),
        new("GET", "/rules/<id>", GetAsync, "RuleNotFound=404", Route.Json),
        new("GET", "/rules/<id>/analysis", AnalyseAsync, "RuleNotFound=404", Route.Json),
        new("PUT", "/rules/<id>", UpdateAsync, "AccessDenied=401 RuleNotFound=404 UnsupportedOperation=409"),
        new("DELETE", "/rules/<id>", DeleteAsync, "RuleNotFound=404 AccessDenied=401 UnsupportedOperation=401"),
    ];

    public static async Task<Answer> OfSubscriptionAsync(Call call) => Answer.Stream(await QueryAsync(call,
        "WHERE subscription_id IN (SELECT id FROM subscriptions WHERE account = $1 AND name = $2)", call.Account(call["account"]).Internal, call["name"]));

    private static async Task<Answer> AddAsync(Call call)
    {
        var parameters = call.Parameters();
        var dids = Call.Required(parameters, "dids") as JsonArray ?? [];
        var account = call.Account(PythonJson.Str(Call.Required(parameters, "account"))!);
        var copies = Call.Required(parameters, "copies")!.GetValue<int>();
        var expression = PythonJson.Str(Call.Required(parameters, "rse_expression"))!;
        var locked = Call.Flag(parameters, "locked", false);
        await Permissions.RequireAsync(call, locked ? "add_locked_rule" : "add_rule", $"Account {call.Issuer.External} can not add replication rule", owner: account);
        var rses = await RseExpressions.EvaluateAsync(call.Db, call.Vo, expression);
        if (rses.Count < copies)
            throw new RucioException("InsufficientTargetRSEs", "There are not enough target RSEs to fulfil the request at this time.");
        List<Guid> ids = [];
        foreach (var did in dids.Select(d => d!.AsObject()))
            ids.Add(await AddOneAsync(call, parameters, did, account, copies, expression, rses));
        return Answer.Text(201, PythonJson.Render(ids));
    }

    private static async Task<Guid> AddOneAsync(Call call, JsonObject parameters, JsonObject did, InternalAccount account, int copies, string expression, IReadOnlyList<(Guid Id, string Name)> rses)
    {
        var (scope, name) = (call.Account(PythonJson.Str(did["scope"])!).Internal, PythonJson.Str(did["name"])!);
        var type = await call.Db.ScalarAsync<string>("SELECT did_type::text FROM dids WHERE scope = $1 AND name = $2", scope, name)
            ?? throw new RucioException("DataIdentifierNotFound", $"Data identifier {did["scope"]}:{name} is not valid.");
        var files = await call.Db.QueryAsync("SELECT child_scope, child_name, coalesce(bytes, 0) FROM contents WHERE scope = $1 AND name = $2 UNION SELECT scope, name, coalesce(bytes, 0) FROM dids WHERE scope = $1 AND name = $2 AND did_type = 'F'",
            r => (Scope: r.GetString(0), Name: r.GetString(1), Bytes: r.GetInt64(2)), scope, name);
        var affordable = await AffordableAsync(call, account, rses, files.Sum(f => f.Bytes));
        if (affordable.Count < copies)
            throw new RucioException("InsufficientAccountLimit", "There is insufficient quota on any of the target RSE's to fulfill the operation.");

        var here = (await call.Db.QueryAsync("SELECT rse_id, scope, name FROM replicas WHERE rse_id = ANY($1) AND (scope, name) IN (SELECT * FROM unnest($2::text[], $3::text[])) AND state = 'A'",
            r => (r.GetGuid(0), r.GetString(1), r.GetString(2)), affordable.ToArray(), files.Select(f => f.Scope).ToArray(), files.Select(f => f.Name).ToArray())).ToHashSet();
        var chosen = affordable.OrderByDescending(rse => here.Count(h => h.Item1 == rse)).Take(copies).ToArray();
        var locks = chosen.SelectMany(rse => files.Select(f => (Rse: rse, f.Scope, f.Name, f.Bytes, Ok: here.Contains((rse, f.Scope, f.Name))))).ToList();
        var id = Guid.NewGuid();
        try
        {
            await call.Db.InsertAsync("rules",
                ["id", "account", "scope", "name", "did_type", "state", "rse_expression", "copies", "expires_at", "locked", "locks_ok_cnt", "locks_replicating_cnt", "locks_stuck_cnt", "activity", "grouping",
                    "notification", "purge_replicas", "ignore_availability", "ignore_account_limit", "priority", "comments", "split_container"],
                [new JsonObject
                {
                    ["id"] = id,
                    ["account"] = account.Internal,
                    ["scope"] = scope,
                    ["name"] = name,
                    ["did_type"] = type,
                    ["state"] = locks.All(l => l.Ok) ? "O" : "R",
                    ["rse_expression"] = expression,
                    ["copies"] = copies,
                    ["expires_at"] = parameters["lifetime"] is { } seconds ? DateTime.UtcNow.AddSeconds(seconds.GetValue<double>()).ToString("s") : null,
                    ["locked"] = Call.Flag(parameters, "locked", false),
                    ["locks_ok_cnt"] = locks.Count(l => l.Ok),
                    ["locks_replicating_cnt"] = locks.Count(l => !l.Ok),
                    ["locks_stuck_cnt"] = 0,
                    ["activity"] = PythonJson.Str(parameters["activity"]) ?? "User Subscriptions",
                    ["grouping"] = (PythonJson.Str(parameters["grouping"]) ?? "DATASET")[..1],
                    ["notification"] = "N",
                    ["purge_replicas"] = Call.Flag(parameters, "purge_replicas", false),
                    ["ignore_availability"] = Call.Flag(parameters, "ignore_availability", false),
                    ["ignore_account_limit"] = false,
                    ["priority"] = parameters["priority"]?.DeepClone() ?? 3,
                    ["comments"] = parameters["comment"]?.DeepClone(),
                    ["split_container"] = Call.Flag(parameters, "split_container", false),
                }]);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("DuplicateRule", e.MessageText);
        }
        await call.Db.ExecuteAsync($"INSERT INTO locks SELECT scope, name, $1, rse, $2, bytes, (CASE WHEN ok THEN 'O' ELSE 'R' END)::\"LOCKS_STATE_CHK\", NULL, {Session.Now}, {Session.Now} FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::bool[]) l(rse, scope, name, bytes, ok)",
            id, account.Internal, locks.Select(l => l.Rse).ToArray(), locks.Select(l => l.Scope).ToArray(), locks.Select(l => l.Name).ToArray(), locks.Select(l => l.Bytes).ToArray(), locks.Select(l => l.Ok).ToArray());
        await call.Db.ExecuteAsync("UPDATE replicas r SET lock_cnt = lock_cnt + 1 FROM locks l WHERE l.rule_id = $1 AND l.scope = r.scope AND l.name = r.name AND l.rse_id = r.rse_id", id);
        await call.Db.ExecuteAsync($"INSERT INTO updated_account_counters SELECT gen_random_uuid(), $2, rse_id, count(*), sum(bytes), {Session.Now}, {Session.Now} FROM locks WHERE rule_id = $1 GROUP BY rse_id", id, account.Internal);
        return id;
    }

    /// <summary>No limit is no quota; accounts with attribute admin and RSEs with attribute mock are exempt, root is not.</summary>
    private static async Task<List<Guid>> AffordableAsync(Call call, InternalAccount account, IReadOnlyList<(Guid Id, string Name)> rses, long bytes)
    {
        var all = rses.Select(r => r.Id).ToArray();
        var within = await call.Db.QueryAsync("""
            SELECT r.id FROM rses r LEFT JOIN account_limits l ON l.rse_id = r.id AND l.account = $2 LEFT JOIN account_usage u ON u.rse_id = r.id AND u.account = $2
            WHERE r.id = ANY($1) AND (l.bytes = -1 OR l.bytes >= coalesce(u.bytes, 0) + $3
                OR EXISTS (SELECT 1 FROM account_attr_map WHERE account = $2 AND key = 'admin') OR EXISTS (SELECT 1 FROM rse_attr_map a WHERE a.rse_id = r.id AND a.key = 'mock' AND a.value = 'true'))
            """, r => r.GetGuid(0), all, account.Internal, bytes);
        if (await call.Db.ExistsAsync("SELECT 1 FROM account_attr_map WHERE account = $1 AND key = 'admin'", account.Internal))
            return within;
        // Every expression of the account is resolved, whatever the rule asks for: one that means nothing ends it.
        foreach (var (expression, limit) in await call.Db.QueryAsync("SELECT rse_expression, bytes FROM account_glob_limits WHERE account = $1", r => (r.GetString(0), r.GetInt64(1)), account.Internal))
        {
            var meant = (await RseExpressions.EvaluateAsync(call.Db, account.Vo, expression)).Select(r => r.Id).ToArray();
            var used = await call.Db.ScalarAsync<long>("SELECT coalesce(sum(bytes), 0)::bigint FROM account_usage WHERE account = $1 AND rse_id = ANY($2)", account.Internal, meant);
            if (limit >= 0 && limit - used < Math.Max(bytes, 1))
                within.RemoveAll(meant.Contains);
        }
        return within;
    }

    private static async Task<Answer> GetAsync(Call call)
    {
        await RequireOwnVoAsync(call, "access rules at other VOs.");
        var rows = Guid.TryParse(call["id"], out var id) ? await QueryAsync(call, "WHERE id = $1", id) : [];
        return rows is [var row] ? Answer.Json(row) : throw NotFound(call);
    }

    /// <summary>Action access_rule_vo; the views of a rule map no AccessDenied, so it is a 500.</summary>
    private static async Task RequireOwnVoAsync(Call call, string doing)
    {
        var scopes = Guid.TryParse(call["id"], out var id) ? await call.Db.QueryAsync("SELECT scope FROM rules WHERE id = $1", r => InternalAccount.FromInternal(r.GetString(0)), id) : [];
        if (scopes is not [var scope])
            throw NotFound(call);
        if (call.Server.Config.MultiVo && scope.Vo != call.Vo)
            throw RucioException.AccessDenied($"Account {call.Issuer.External} can not {doing}");
    }

    private static async Task<Answer> ListAsync(Call call)
    {
        var (account, scope, name) = (call.Query("account"), call.Query("scope"), call.Query("name"));
        return Answer.Stream(await QueryAsync(call, "WHERE account LIKE $1 AND scope LIKE $2 AND ($3::text IS NULL OR name = $3)", call.Account(account ?? "%").Internal, call.Account(scope ?? "%").Internal, name));
    }

    /// <summary>Of a healthy rule.</summary>
    private static async Task<Answer> AnalyseAsync(Call call)
    {
        await RequireOwnVoAsync(call, "access rules at other VOs.");
        return Answer.Json(new Row { ["rule_error"] = null, ["transfers"] = Array.Empty<string>() });
    }

    /// <summary>Its account's say goes as far as the policy lets it; lifetime and comment are all that is played.</summary>
    private static async Task<Answer> UpdateAsync(Call call)
    {
        var options = Call.Required(call.Parameters(), "options") as JsonObject ?? [];
        await RequireOwnVoAsync(call, "access rules at other VOs.");
        var isOwners = options.All(o => o.Key is "lifetime" or "comment");
        await Permissions.RequireAsync(call, options.ContainsKey("approve") ? "approve_rule" : "update_rule", $"Account {call.Issuer.External} can not update this replication rule", owner: isOwners ? await OwnerAsync(call) : null);
        var id = Guid.Parse(call["id"]);
        if (options["lifetime"] is { } seconds)
            await call.Db.ExecuteAsync($"UPDATE rules SET expires_at = {Session.Now} + $2 * interval '1 second', updated_at = {Session.Now} WHERE id = $1", id, seconds.GetValue<double>());
        if (options["comment"] is { } comment)
            await call.Db.ExecuteAsync($"UPDATE rules SET comments = $2, updated_at = {Session.Now} WHERE id = $1", id, comment.GetValue<string>());
        return Answer.Ok;
    }

    private static async Task<InternalAccount> OwnerAsync(Call call) =>
        (await call.Db.QueryAsync("SELECT account FROM rules WHERE id = $1", r => InternalAccount.FromInternal(r.GetString(0)), Guid.Parse(call["id"])))[0];

    /// <summary>Only marks the rule as expired: the rest is the judge-cleaner's.</summary>
    private static async Task<Answer> DeleteAsync(Call call)
    {
        call.Parameters();
        await RequireOwnVoAsync(call, "access rules at other VOs.");
        await Permissions.RequireAsync(call, "del_rule", $"Account {call.Issuer.External} can not remove this replication rule", owner: await OwnerAsync(call));
        await call.Db.ExecuteAsync($"UPDATE rules SET expires_at = {Session.Now}, updated_at = {Session.Now} WHERE id = $1", Guid.Parse(call["id"]));
        return Answer.Ok;
    }

    private static RucioException NotFound(Call call) => new("RuleNotFound", $"No rule with the id {call["id"]} found");

    private static async Task<List<Row>> QueryAsync(Call call, string where, params object?[] values)
    {
        var documents = await call.Db.DocumentsAsync($"SELECT to_jsonb(r)::text FROM rules r {where} ORDER BY created_at", values);
        return [.. documents.Where(d => InternalAccount.FromInternal(PythonJson.Str(d["account"])!).Vo == call.Vo).Select(d =>
        {
            var row = RseTable.Document(d);
            row["account"] = InternalAccount.FromInternal(PythonJson.Str(d["account"])!).External;
            row["scope"] = InternalAccount.FromInternal(PythonJson.Str(d["scope"])!).External;
            row["did_type"] = DidViews.TypeName(PythonJson.Str(d["did_type"])!);
            row["state"] = States[PythonJson.Str(d["state"])!];
            row["grouping"] = Groupings[PythonJson.Str(d["grouping"])!];
            row["notification"] = Notifications[PythonJson.Str(d["notification"])!];
            return row;
        })];
    }
}
