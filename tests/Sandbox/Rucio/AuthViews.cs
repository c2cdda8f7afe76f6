namespace RucioOperator.Sandbox.Rucio;

/// <summary>/ping and /auth with user names and passwords, or SSH keys; the other ways to log in are left out.</summary>
internal static class AuthViews
{
    private const string BadHeader = "Cannot authenticate to account {0} with given credentials";

    public static readonly Route[] Ping = [new("GET", "/ping", _ => Task.FromResult(Answer.Json(new Row { ["version"] = StandInServer.Version }))) { IsOpen = true }];

    public static readonly Route[] Auth =
    [
        new("GET", "/auth/userpass", UserPassAsync, Accept: "application/octet-stream") { IsOpen = true },
        new("GET", "/auth/validate", ValidateAsync) { IsOpen = true },
        .. SshViews.Routes,
    ];

    private static async Task<Answer> UserPassAsync(Call call)
    {
        var vo = call.Header("X-Rucio-VO") ?? InternalAccount.BaseVo;
        try
        {
            vo = await Schemas.MapVoAsync(call, vo);
        }
        catch (RucioException e)
        {
            throw new AbortException(400, e.Class, e.Message);
        }
        if (call.Header("X-Rucio-Username") is not { } user || call.Header("X-Rucio-Password") is not { } password)
            throw new AbortException(401, "CannotAuthenticate", "Cannot authenticate without passing all required arguments");

        var name = call.Header("X-Rucio-Account");
        if (name is null)
        {
            // Rucio answers with the accounts of an identity in all VOs, and before it has looked at the password.
            var accounts = await call.Db.QueryAsync("SELECT account, is_default FROM account_map WHERE identity = $1 AND identity_type = 'USERPASS' ORDER BY created_at",
                r => (InternalAccount.FromInternal(r.GetString(0)).External, Default: r.GetBoolean(1)), user);
            if (accounts.Count == 0)
                throw await IdentityTroubleAsync(call, user, password);
            var defaults = accounts.Where(a => a.Default).ToList();
            if (accounts.Count > 1 && defaults.Count == 0)
                return Choice([.. accounts.Select(a => a.External)]);
            name = (accounts.Count > 1 ? defaults : accounts)[0].External;
        }

        var account = new InternalAccount(name, vo);
        var found = await call.Db.QueryAsync("""
            SELECT i.password, i.salt FROM account_map m
            JOIN identities i ON i.identity = m.identity AND i.identity_type = m.identity_type
            JOIN accounts a ON a.account = m.account AND a.status = 'ACTIVE'
            WHERE m.identity = $1 AND m.identity_type = 'USERPASS' AND m.account = $2
            """, r => StandInCatalogue.PasswordHash(r.GetFieldValue<byte[]>(1), password) == r.GetString(0), user, account.Internal);
        if (found is not [true])
            throw new AbortException(401, "CannotAuthenticate", string.Format(BadHeader, name));

        await call.Db.ExecuteAsync($"DELETE FROM tokens WHERE account = $1 AND expired_at < {Session.Now}", account.Internal);
        var token = $"{account}-{user}-{call.Header("X-Rucio-AppID") ?? "unknown"}-{Guid.NewGuid():N}";
        var expires = await call.Db.ScalarAsync<DateTime>(
            $"INSERT INTO tokens (token, account, refresh, identity, expired_at, ip, created_at, updated_at) VALUES ($1, $2, false, $3, {Session.Now} + interval '1 hour', $4, {Session.Now}, {Session.Now}) RETURNING expired_at",
            token, account.Internal, user, call.Header("X-Forwarded-For") ?? call.Peer);
        return new(200, "", "application/octet-stream")
        {
            Headers = new Dictionary<string, string>
            {
                ["X-Rucio-Auth-Account"] = name,
                ["X-Rucio-Auth-Token"] = token,
                ["X-Rucio-Auth-Token-Expires"] = PythonJson.Date(expires),
            },
        };
    }

    private static Answer Choice(string[] accounts) => new(206, PythonJson.Render(accounts), "application/octet-stream")
    {
        Headers = new Dictionary<string, string> { ["X-Rucio-Auth-Accounts"] = string.Join(',', accounts) },
    };

    private static async Task<Exception> IdentityTroubleAsync(Call call, string user, string password)
    {
        var matches = await call.Db.QueryAsync("SELECT password, salt FROM identities WHERE identity = $1 AND identity_type = 'USERPASS'",
            r => StandInCatalogue.PasswordHash(r.GetFieldValue<byte[]>(1), password) == r.GetString(0), user);
        return matches switch
        {
            [] => new AbortException(401, "IdentityError", "Cannot authenticate. The identity does not exist."),
            [false] => new AbortException(401, "IdentityNotFound", "Cannot authenticate. Username/Password pair does not exist."),
            _ => new PythonException("list index out of range"),
        };
    }

    private static async Task<Answer> ValidateAsync(Call call)
    {
        try
        {
            var token = await call.Server.AuthenticateAsync(call.Db, call.Header("X-Rucio-Auth-Token"));
            return new(200, $"{{'account': '{token.Account.External}', 'identity': '{token.Identity}', 'vo': '{token.Account.Vo}'}}", "application/octet-stream");
        }
        catch (AbortException e) when (e.Status == 401)
        {
            throw new RucioException(e.Class, "NoneType: None\n");
        }
    }
}
