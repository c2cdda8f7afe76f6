using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

internal static class SubscriptionViews
{
    private const string Missing = "SubscriptionNotFound=404 RuleNotFound=404";
    private const string Columns = "id, name, filter, replication_rules, policyid, state::text, last_processed, account, lifetime, comments, retroactive, expired_at, created_at, updated_at";

    private static readonly string[] Activities =
    [
        "Data Brokering", "Data Consolidation", "Data Rebalancing", "Debug", "Express", "Functional Test", "Group Subscriptions", "Production Input", "Production Output",
        "Analysis Input", "Analysis Output", "Staging", "T0 Export", "T0 Tape", "Upload/Download (Job)", "Upload/Download (User)", "User Subscriptions",
    ];

    private static readonly Dictionary<string, string> States = new() { ["A"] = "ACTIVE", ["I"] = "INACTIVE", ["N"] = "NEW", ["U"] = "UPDATED", ["B"] = "BROKEN" };

    public static readonly Route[] Routes =
    [
        new("GET", "/subscriptions/", ListAsync, Missing, Route.Stream),
        new("GET", "/subscriptions/<account>", ListAsync, Missing, Route.Stream),
        new("GET", "/subscriptions/<account>/<name>", ListAsync, Missing, Route.Stream),
        new("GET", "/subscriptions/name/<name>", ListAsync, Missing, Route.Stream),
        new("GET", "/subscriptions/id/<id>", GetAsync, Missing, Route.Json),
        new("GET", "/subscriptions/<account>/<name>/rules", RuleViews.OfSubscriptionAsync, Missing, Route.Stream),
        new("POST", "/subscriptions/<account>/<name>", AddAsync, "InvalidObject=400 AccessDenied=401 SubscriptionDuplicate=409"),
        new("PUT", "/subscriptions/<account>/<name>", UpdateAsync, "InvalidObject=400 AccessDenied=401 SubscriptionNotFound=404"),
    ];

    private static async Task<Answer> ListAsync(Call call)
    {
        var (account, name) = (call.Optional("account"), call.Optional("name"));
        var rows = await call.Db.QueryAsync($"SELECT {Columns} FROM subscriptions WHERE account LIKE $1 AND ($2::text IS NULL OR name = $2) ORDER BY created_at", Document, call.Account(account ?? "%").Internal, name);
        return rows.Count > 0 || (account is null && name is null)
            ? Answer.Stream(rows)
            : throw NotFound(account ?? "*", name ?? "None");
    }

    private static async Task<Answer> GetAsync(Call call)
    {
        var rows = Guid.TryParse(call["id"], out var id)
            ? await call.Db.QueryAsync($"SELECT {Columns} FROM subscriptions WHERE id = $1", r => (Row: Document(r), InternalAccount.FromInternal(r.GetString(7)).Vo), id)
            : [];
        if (rows is not [var found])
            throw new RucioException("SubscriptionNotFound", $"No subscription with the id {call["id"]} found");
        return found.Vo == call.Vo ? Answer.Json(found.Row) : throw new RucioException("AccessDenied", "Unable to get subscription");
    }

    private static async Task<Answer> AddAsync(Call call)
    {
        var options = Call.Required(call.Parameters(), "options") as JsonObject ?? [];
        foreach (var key in (string[])["filter", "replication_rules", "comments", "lifetime"])
            Call.Required(options, key);
        var retroactive = Call.Flag(options, "retroactive");
        await Permissions.RequireAsync(call, "add_subscription", $"Account {call.Issuer.External} can not add subscription");
        Check(options);
        if (options["replication_rules"] is not JsonArray { Count: > 0 })
            throw new RucioException("InvalidObject", "You must specify a rule");
        var id = Guid.NewGuid();
        try
        {
            await call.Db.InsertAsync("subscriptions", ["id", "name", "filter", "replication_rules", "policyid", "state", "last_processed", "account", "lifetime", "comments", "retroactive"], [new JsonObject
            {
                ["id"] = id,
                ["name"] = call["name"],
                ["filter"] = Internal(call, options["filter"]!.AsObject()),
                ["replication_rules"] = PythonJson.Render(options["replication_rules"]),
                ["policyid"] = options["priority"]?.DeepClone() ?? 3,
                ["state"] = retroactive ? "N" : "A",
                ["last_processed"] = DateTime.UtcNow.ToString("s"),
                ["account"] = call.Account(call["account"]).Internal,
                ["lifetime"] = Until(options["lifetime"]),
                ["comments"] = options["comments"]?.DeepClone(),
                ["retroactive"] = retroactive,
            }]);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("SubscriptionDuplicate", $"Subscription '{call["name"]}' owned by '{call["account"]}' already exists!");
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new RucioException("RucioException", e.MessageText);
        }
        return Answer.Text(201, $"{id:N}");
    }

    /// <summary>Only state I is obeyed; whatever else was asked for, the state becomes U.</summary>
    private static async Task<Answer> UpdateAsync(Call call)
    {
        var options = Call.Required(call.Parameters(), "options") as JsonObject ?? [];
        await Permissions.RequireAsync(call, "update_subscription", $"Account {call.Issuer.External} can not update subscription");
        Check(options);
        var state = PythonJson.Str(options["state"]);
        if (state is not null && !States.ContainsKey(state))
            throw new RucioException("InvalidObject", $"Invalid subscription state: {state}");
        var changes = new JsonObject { ["state"] = state == "I" ? "I" : "U" };
        if (state == "I")
            changes["expired_at"] = DateTime.UtcNow.ToString("s");
        if (options["filter"] is JsonObject { Count: > 0 } filter)
            changes["filter"] = Internal(call, filter);
        if (options["replication_rules"] is JsonArray { Count: > 0 } rules)
            changes["replication_rules"] = PythonJson.Render(rules);
        if (Until(options["lifetime"]) is { } until)
            changes["lifetime"] = until;
        foreach (var (key, column) in ((string, string)[])[("comments", "comments"), ("priority", "policyid"), ("retroactive", "retroactive")])
        {
            if (PythonJson.Str(options[key]) is not (null or "" or "0" or "False"))
                changes[column] = options[key]!.DeepClone();
        }
        return await call.Db.UpdateAsync("subscriptions", changes, "t.name = $2 AND t.account = $3", call["name"], call.Account(call["account"]).Internal) > 0
            ? Answer.Created
            : throw NotFound(call["account"], call["name"]);
    }

    private static void Check(JsonObject options)
    {
        if (options["filter"] is { } filter and not JsonObject && PythonJson.Str(filter) is not ("" or "[]"))
            throw new RucioException("InvalidObject", "filter should be a dict");
        foreach (var rule in options["replication_rules"] as JsonArray ?? [])
        {
            var activity = PythonJson.Str(rule!["activity"]) ?? "default";
            if (!Activities.Contains(activity))
                throw Schemas.Invalid("activity", $"'{activity}' is not one of ['{string.Join("', '", Activities)}']");
        }
    }

    /// <summary>Scopes and accounts get the VO behind their name, which is all that confines a subscription to it.</summary>
    private static string Internal(Call call, JsonObject filter)
    {
        var copy = filter.DeepClone().AsObject();
        foreach (var key in (string[])["scope", "account"])
        {
            if (copy[key] is JsonArray values)
                copy[key] = new JsonArray([.. values.Select(v => (JsonNode)call.Account(PythonJson.Str(v)!).Internal)]);
        }
        return PythonJson.Render(copy);
    }

    private static string? Until(JsonNode? days) => PythonJson.Str(days) is null or "0" or "False" ? null : DateTime.UtcNow.AddDays(days!.GetValue<double>()).ToString("s");

    private static Row Document(NpgsqlDataReader r)
    {
        var filter = JsonNode.Parse(r[2] as string ?? "{}")!.AsObject();
        foreach (var key in (string[])["scope", "account"])
        {
            if (filter[key] is JsonArray values)
                filter[key] = new JsonArray([.. values.Select(v => (JsonNode)InternalAccount.FromInternal(PythonJson.Str(v)!).External)]);
        }
        return new()
        {
            ["id"] = r.GetGuid(0),
            ["name"] = r.GetString(1),
            ["filter"] = PythonJson.Render(filter),
            ["replication_rules"] = r[3] as string,
            ["policyid"] = (int)r.GetInt16(4),
            ["state"] = States[r.GetString(5)],
            ["last_processed"] = r[6] as DateTime?,
            ["account"] = InternalAccount.FromInternal(r.GetString(7)).External,
            ["lifetime"] = r[8] as DateTime?,
            ["comments"] = r[9] as string,
            ["retroactive"] = r.GetBoolean(10),
            ["expired_at"] = r[11] as DateTime?,
            ["created_at"] = r.GetDateTime(12),
            ["updated_at"] = r.GetDateTime(13),
        };
    }

    private static RucioException NotFound(string account, string name) => new("SubscriptionNotFound", $"Subscription for account '{account}' named '{name}' not found");
}
