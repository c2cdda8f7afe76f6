using System.Security.Cryptography;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

internal static class IdentityViews
{
    private static readonly string[] Types = ["X509", "GSS", "USERPASS", "SSH", "SAML", "OIDC"];

    public static readonly Route[] Routes =
    [
        new("PUT", "/identities/<account>/userpass", OccupyAsync),
        new("GET", "/identities/<identity_key>/<type>/accounts", _ => throw new PythonException("Accounts.get() got an unexpected keyword argument 'type'. Did you mean 'type_'?"), Accept: Route.Json),
        new("GET", "/identities/accounts", AccountsAsync, Accept: Route.Json),
    ];

    public static readonly Route[] OfAccounts =
    [
        new("GET", "/accounts/<account>/identities", ListAsync, "AccountNotFound=404", Route.Stream),
        new("POST", "/accounts/<account>/identities", AddAsync, "AccessDenied=401 Duplicate=409 AccountNotFound=404 IdentityError=400"),
        new("DELETE", "/accounts/<account>/identities", DeleteAsync, "AccessDenied=401 AccountNotFound=404 IdentityError=404"),
    ];

    public static string TypeOf(string text) => Types.Contains(text.ToUpperInvariant()) ? text.ToUpperInvariant() : throw new PythonException($"'{text.ToUpperInvariant()}'");

    /// <summary>An existing row of the identity is taken as it is, its password too.</summary>
    public static async Task MapAsync(Session db, string identity, string type, InternalAccount account, string? email, string? password, bool isDefault)
    {
        if (!await db.ExistsAsync("SELECT 1 FROM accounts WHERE account = $1 AND status = 'ACTIVE'", account.Internal))
            throw new RucioException("AccountNotFound", $"Account '{account.External}' does not exist.");
        if (!await db.ExistsAsync("SELECT 1 FROM identities WHERE identity = $1 AND identity_type = $2::text::\"IDENTITIES_TYPE_CHK\"", identity, type))
            await InsertAsync(db, identity, type, email, password);
        try
        {
            await db.ExecuteAsync($"INSERT INTO account_map VALUES ($1, $2::text::\"IDENTITIES_TYPE_CHK\", $3, $4, {Session.Now}, {Session.Now})", identity, type, account.Internal, isDefault);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("Duplicate", $"Identity pair '{identity}','IdentityType.{type}' already exists!");
        }
    }

    private static Task InsertAsync(Session db, string identity, string type, string? email, string? password)
    {
        if (type == "USERPASS" && password is null)
            throw new RucioException("IdentityError", "You must provide a password!");
        var salt = type == "USERPASS" ? RandomNumberGenerator.GetBytes(255) : null;
        return db.ExecuteAsync($"INSERT INTO identities (identity, identity_type, password, salt, email, deleted, created_at, updated_at) VALUES ($1, $2::text::\"IDENTITIES_TYPE_CHK\", $3, $4, $5, false, {Session.Now}, {Session.Now})",
            identity, type, salt is null ? null : StandInCatalogue.PasswordHash(salt, password!), salt, email);
    }

    private static async Task<Answer> ListAsync(Call call)
    {
        var account = await AccountViews.ActiveAsync(call, "Account with ID '{0}' cannot be found");
        return Answer.Stream(await call.Db.QueryAsync("SELECT m.identity_type::text, m.identity, i.email FROM account_map m JOIN identities i USING (identity, identity_type) WHERE m.account = $1",
            r => new Row { ["type"] = r.GetString(0), ["identity"] = r.GetString(1), ["email"] = r.GetString(2) }, account.Internal));
    }

    private static async Task<Answer> AddAsync(Call call)
    {
        var parameters = call.Parameters();
        var identity = PythonJson.Str(Call.Required(parameters, "identity"))!;
        var type = PythonJson.Str(Call.Required(parameters, "authtype"))!;
        var email = PythonJson.Str(Call.Required(parameters, "email"));
        var isDefault = Call.Flag(parameters, "default", false);
        await Permissions.RequireAsync(call, "add_account_identity", $"Account {call.Issuer.External} can not add account identity");
        await MapAsync(call.Db, identity, TypeOf(type), call.Account(call["account"]), email, PythonJson.Str(parameters["password"]), isDefault);
        return Answer.Created;
    }

    private static async Task<Answer> DeleteAsync(Call call)
    {
        var parameters = call.Parameters();
        var identity = PythonJson.Str(Call.Required(parameters, "identity"))!;
        var type = PythonJson.Str(Call.Required(parameters, "authtype"))!;
        await Permissions.RequireAsync(call, "del_account_identity", $"Account {call.Issuer.External} can not delete account identity");
        type = TypeOf(type);
        return await call.Db.ExecuteAsync("DELETE FROM account_map WHERE identity = $1 AND identity_type = $2::text::\"IDENTITIES_TYPE_CHK\" AND account = $3", identity, type, call.Account(call["account"]).Internal) > 0
            ? Answer.Ok
            : throw new RucioException("IdentityError", $"Identity ('{identity}','IdentityType.{type}') does not exist!");
    }

    /// <summary>Makes the identity for good before it asks whether the caller may map it.</summary>
    private static async Task<Answer> OccupyAsync(Call call)
    {
        if (call.Header("X-Rucio-Username") is not { } user || call.Header("X-Rucio-Password") is not { } password || call.Header("X-Rucio-Email") is not { } email)
            throw new AbortException(400, "ValueError", "Username, Email and Password must be set.");
        await InsertAsync(call.Db, user, "USERPASS", email, password);
        await call.Db.CommitAsync();
        await Permissions.RequireAsync(call, "add_account_identity", $"Account {call.Issuer.External} can not add account identity");
        await MapAsync(call.Db, user, "USERPASS", call.Account(call["account"]), email, password, isDefault: false);
        return Answer.Created;
    }

    private static async Task<Answer> AccountsAsync(Call call)
    {
        if (call.Query("identity_key") is not { Length: > 0 } key)
            throw new AbortException(400, "ValueError", "identity_key parameter is required.");
        if (call.Query("type") is not { Length: > 0 } type)
            throw new AbortException(400, "ValueError", "type parameter is required.");
        if (!Types.Contains(type.ToUpperInvariant()))
            throw new AbortException(400, "ValueError", $"Invalid identity type. Valid types are: ['{string.Join("', '", Types)}']");
        return Answer.Json(await call.Db.QueryAsync("SELECT account FROM account_map WHERE identity = $1 AND identity_type = $2::text::\"IDENTITIES_TYPE_CHK\"",
            r => InternalAccount.FromInternal(r.GetString(0)).External, key, type.ToUpperInvariant()));
    }
}
