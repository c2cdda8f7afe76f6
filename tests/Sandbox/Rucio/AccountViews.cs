using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

internal static class AccountViews
{
    private static readonly string[] Types = ["USER", "GROUP", "SERVICE"];

    public static readonly Route[] Routes =
    [
        new("GET", "/accounts", ListAsync, "", Route.Stream),
        new("GET", "/accounts/", ListAsync, "", Route.Stream),
        new("GET", "/accounts/<account>", GetAsync, "AccountNotFound=404 AccessDenied=401", Route.Json),
        new("POST", "/accounts/<account>", AddAsync, "Duplicate=409 AccessDenied=401 InvalidObject=400 InvalidAccountType=400"),
        new("PUT", "/accounts/<account>", UpdateAsync, "AccessDenied=401 AccountNotFound=404"),
        new("DELETE", "/accounts/<account>", DeleteAsync, "AccessDenied=401 AccountNotFound=404"),
        new("GET", "/accounts/<account>/attr/", AttributesAsync, "AccountNotFound=404", Route.Json),
        new("POST", "/accounts/<account>/attr/<key>", AddAttributeAsync, "AccessDenied=401 Duplicate=409 AccountNotFound=404"),
        new("DELETE", "/accounts/<account>/attr/<key>", DeleteAttributeAsync, "AccessDenied=401 AccountNotFound=404"),
        .. IdentityViews.OfAccounts,
        .. ScopeViews.OfAccounts,
        .. LimitViews.Routes,
    ];

    public static async Task InsertAsync(Session db, InternalAccount account, string type, string? email)
    {
        try
        {
            await db.InsertAsync("accounts", ["account", "account_type", "status", "email"],
                [new JsonObject { ["account"] = account.Internal, ["account_type"] = type, ["status"] = "ACTIVE", ["email"] = email }]);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("Duplicate", $"Account ID '{account.External}' already exists!");
        }
    }

    /// <summary>The account of the path, if it is active.</summary>
    public static async Task<InternalAccount> ActiveAsync(Call call, string message)
    {
        var account = call.Account(call["account"]);
        return await call.Db.ExistsAsync("SELECT 1 FROM accounts WHERE account = $1 AND status = 'ACTIVE'", account.Internal)
            ? account
            : throw new RucioException("AccountNotFound", string.Format(message, account.External));
    }

    private static async Task<Answer> ListAsync(Call call)
    {
        // In `def` the pattern `*` matches the rows of every VO.
        var where = "a.status = 'ACTIVE' AND a.account LIKE $1";
        List<object?> values = [call.Account(call.Query("account") ?? "*").Internal.Replace('*', '%')];
        foreach (var (key, value) in call.Queries.Where(q => q.Key != "account"))
        {
            values.Add(value);
            where += key switch
            {
                "account_type" => $" AND a.account_type::text = ${values.Count}",
                "identity" => $" AND EXISTS (SELECT 1 FROM account_map m WHERE m.account = a.account AND m.identity = ${values.Count})",
                _ => $" AND EXISTS (SELECT 1 FROM account_attr_map t WHERE t.account = a.account AND t.key = '{key.Replace("'", "''")}' AND t.value = ${values.Count})",
            };
        }
        return Answer.Stream(await call.Db.QueryAsync($"SELECT a.account, a.account_type::text, a.email FROM accounts a WHERE {where} ORDER BY a.account",
            r => new Row { ["account"] = InternalAccount.FromInternal(r.GetString(0)).External, ["type"] = r.GetString(1), ["email"] = r[2] as string }, [.. values]));
    }

    private static async Task<Answer> GetAsync(Call call)
    {
        if (call["account"] == "whoami")
            return Answer.Text(303, "") with { Headers = new Dictionary<string, string> { ["Location"] = call.Issuer.External } };
        var rows = await call.Db.QueryAsync("SELECT account_type::text, status::text, email, suspended_at, deleted_at, created_at, updated_at FROM accounts WHERE account = $1", r => new Row
        {
            ["account"] = call["account"],
            ["account_type"] = r.GetString(0),
            ["status"] = r.GetString(1),
            ["email"] = r[2] as string,
            ["suspended_at"] = Iso(r[3]),
            ["deleted_at"] = Iso(r[4]),
            ["created_at"] = Iso(r[5]),
            ["updated_at"] = Iso(r[6]),
        }, call.Account(call["account"]).Internal);
        return rows is [var row] ? Answer.Json(row) : throw NotFound(call);

        static string? Iso(object? time) => time is DateTime t ? t.ToString("yyyy-MM-ddTHH:mm:ss") : null;
    }

    private static async Task<Answer> AddAsync(Call call)
    {
        var parameters = call.Parameters();
        var type = PythonJson.Str(Call.Required(parameters, "type")) ?? throw new PythonException("'NoneType' object has no attribute 'upper'");
        var email = PythonJson.Str(Call.Required(parameters, "email"));
        var name = call["account"];
        Schemas.Account(name);
        if (!Types.Contains(type.ToUpperInvariant()))
            throw new RucioException("InvalidAccountType", $"{type} is an invalid account type. Choose from ['USER', 'GROUP', 'SERVICE']");
        await Permissions.RequireAsync(call, "add_account", $"Account {call.Issuer.External} can not add account");
        if (name == "super_root" && !(call.Vo == InternalAccount.BaseVo && call.Server.Config.MultiVo))
            throw new RucioException("UnsupportedAccountName", "The name \"super_root\" cannot be used.");
        await InsertAsync(call.Db, call.Account(name), type.ToUpperInvariant(), email);
        return Answer.Created;
    }

    /// <summary>Key by key, each committed on its own: what came before a bad value stays.</summary>
    private static async Task<Answer> UpdateAsync(Call call)
    {
        Schemas.Account(call["account"]);
        foreach (var (key, value) in call.Parameters())
        {
            await Permissions.RequireAsync(call, "update_account", $"Account {call.Issuer.External} can not change {key}  of the account");
            if (!await call.Db.ExistsAsync("SELECT 1 FROM accounts WHERE account = $1", call.Account(call["account"]).Internal))
                throw NotFound(call);
            JsonObject changes = (key, PythonJson.Str(value)) switch
            {
                ("status", "ACTIVE") => new() { ["status"] = "ACTIVE", ["suspended_at"] = null },
                ("status", "SUSPENDED") => new() { ["status"] = "SUSPENDED", ["suspended_at"] = DateTime.UtcNow.ToString("s") },
                ("status", "DELETED") => [],
                ("status", var unknown) => throw new PythonException($"'{unknown}'"),
                ("email", var email) => new() { ["email"] = email },
                _ => [],
            };
            await call.Db.UpdateAsync("accounts", changes, "t.account = $2", call.Account(call["account"]).Internal);
            await call.Db.CommitAsync();
        }
        return Answer.Ok;
    }

    private static async Task<Answer> DeleteAsync(Call call)
    {
        await Permissions.RequireAsync(call, "del_account", $"Account {call.Issuer.External} can not delete account");
        return await call.Db.ExecuteAsync($"UPDATE accounts SET status = 'DELETED', deleted_at = {Session.Now}, updated_at = {Session.Now} WHERE account = $1 AND status = 'ACTIVE'", call.Account(call["account"]).Internal) > 0
            ? Answer.Ok
            : throw NotFound(call);
    }

    private static async Task<Answer> AttributesAsync(Call call)
    {
        var account = await ActiveAsync(call, "Account ID '{0}' does not exist");
        return Answer.Json(await call.Db.QueryAsync("SELECT key, value FROM account_attr_map WHERE account = $1 ORDER BY key",
            r => new Row { ["key"] = r.GetString(0), ["value"] = RseTable.AttributeValue(r[1] as string) }, account.Internal));
    }

    private static async Task<Answer> AddAttributeAsync(Call call)
    {
        var value = Call.Required(call.Parameters(), "value");
        Schemas.AccountAttribute(call["key"]);
        if (value is null or not JsonValue || value.GetValueKind() != System.Text.Json.JsonValueKind.String)
            throw Schemas.Invalid("account_attribute", $"{PythonJson.Str(value) ?? "None"} is not of type 'string'");
        Schemas.AccountAttribute(value.GetValue<string>());
        await Permissions.RequireAsync(call, "add_attribute", $"Account {call.Issuer.External} can not add attributes");
        var account = await ActiveAsync(call, "Account ID '{0}' does not exist");
        try
        {
            await call.Db.InsertAsync("account_attr_map", ["account", "key", "value"],
                [new JsonObject { ["account"] = account.Internal, ["key"] = call["key"], ["value"] = RseTable.AttributeText(value) }]);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("Duplicate", $"Key {call["key"]} already exist for account {account.External}!");
        }
        return Answer.Created;
    }

    private static async Task<Answer> DeleteAttributeAsync(Call call)
    {
        await Permissions.RequireAsync(call, "del_attribute", $"Account {call.Issuer.External} can not delete attribute");
        return await call.Db.ExecuteAsync("DELETE FROM account_attr_map WHERE account = $1 AND key = $2", call.Account(call["account"]).Internal, call["key"]) > 0
            ? Answer.Ok
            : throw new RucioException("AccountNotFound", $"Attribute ({call["key"]}) does not exist for the account {call["account"]}!");
    }

    private static RucioException NotFound(Call call) => new("AccountNotFound", $"Account with ID '{call["account"]}' cannot be found");
}
