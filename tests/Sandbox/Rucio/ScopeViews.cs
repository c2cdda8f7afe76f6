using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

internal static class ScopeViews
{
    public static readonly Route[] OfAccounts =
    [
        new("GET", "/accounts/<account>/scopes/", OfAccountAsync, "AccountNotFound=404", Route.Json),
        new("POST", "/accounts/<account>/scopes/<scope>", AddAsync, "InvalidObject=400 AccessDenied=401 Duplicate=409 AccountNotFound=404"),
    ];

    public static readonly Route[] Routes =
    [
        new("GET", "/scopes/", ListAsync, "", Route.Json),
        new("GET", "/scopes/owner/", OwnersAsync),
        new("GET", "/scopes/<account>/scopes", OfAccountAsync, "AccountNotFound=404", Route.Json),
        new("POST", "/scopes/<account>/<scope>", AddAsync, "Duplicate=409 AccountNotFound=404"),
        new("PUT", "/scopes/<account>/<scope>", UpdateAsync, "ScopeNotFound=404 AccountNotFound=404 VONotFound=404"),
    ];

    private static async Task<Answer> ListAsync(Call call) => Answer.Json((await AllAsync(call)).Select(s => s.Scope));

    private static async Task<Answer> OwnersAsync(Call call) =>
        Answer.Json((await AllAsync(call)).Select(s => new Row { ["account"] = s.Owner, ["scope"] = s.Scope }));

    private static Task<List<(string Scope, string Owner)>> AllAsync(Call call) => call.Db.QueryAsync(
        "SELECT scope, account FROM scopes WHERE scope LIKE $1 AND status <> 'D' ORDER BY created_at",
        r => (InternalAccount.FromInternal(r.GetString(0)).External, InternalAccount.FromInternal(r.GetString(1)).External), call.Account("%").Internal);

    private static async Task<Answer> OfAccountAsync(Call call)
    {
        var account = await AccountViews.ActiveAsync(call, "Account ID '{0}' does not exist");
        var scopes = await call.Db.QueryAsync("SELECT scope FROM scopes WHERE account = $1 AND status <> 'D' ORDER BY created_at", r => InternalAccount.FromInternal(r.GetString(0)).External, account.Internal);
        return scopes.Count > 0 ? Answer.Json(scopes) : throw new AbortException(404, "ScopeNotFound", $"no scopes found for account '{account.External}'");
    }

    private static async Task<Answer> AddAsync(Call call)
    {
        Schemas.Scope(call["scope"]);
        await Permissions.RequireAsync(call, "add_scope", $"Account {call.Issuer.External} can not add scope");
        var account = await AccountViews.ActiveAsync(call, "Account ID '{0}' does not exist");
        try
        {
            await call.Db.InsertAsync("scopes", ["scope", "account", "is_default", "status"],
                [new JsonObject { ["scope"] = call.Account(call["scope"]).Internal, ["account"] = account.Internal, ["is_default"] = false, ["status"] = "O" }]);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("Duplicate", $"Scope '{call["scope"]}' already exists!");
        }
        return Answer.Created;
    }

    private static async Task<Answer> UpdateAsync(Call call)
    {
        await Permissions.RequireAsync(call, "update_scope", $"Account {call.Issuer.External} can not add scope", scope: call["scope"]);
        var account = call.Account(call["account"]);
        if (!await call.Db.ExistsAsync("SELECT 1 FROM accounts WHERE account = $1", account.Internal))
            throw new RucioException("AccountNotFound", $"Account with ID '{account.External}' cannot be found");
        return await call.Db.ExecuteAsync($"UPDATE scopes SET account = $2, updated_at = {Session.Now} WHERE scope = $1", call.Account(call["scope"]).Internal, account.Internal) > 0
            ? Answer.Text(201, "")
            : throw new RucioException("ScopeNotFound", "None");
    }
}
