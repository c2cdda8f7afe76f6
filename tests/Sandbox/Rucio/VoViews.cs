using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

internal static class VoViews
{
    public static readonly Route[] Routes =
    [
        new("GET", "/vos/", ListAsync, "AccessDenied=401 UnsupportedOperation=409", Route.Stream),
        new("POST", "/vos/<vo>", AddAsync, "AccessDenied=401 UnsupportedOperation=409 Duplicate=409"),
        new("PUT", "/vos/<vo>", UpdateAsync, "AccessDenied=401 VONotFound=404 UnsupportedOperation=409"),
        new("POST", "/vos/<vo>/recover", RecoverAsync, "AccessDenied=401 AccountNotFound=404 Duplicate=409"),
    ];

    private static async Task<Answer> ListAsync(Call call)
    {
        await Permissions.RequireAsync(call, "list_vos", $"Account {call.Issuer.External} cannot list VOs");
        RequireMultiVo(call);
        return Answer.Stream(await call.Db.QueryAsync("SELECT vo, description, email, created_at, updated_at FROM vos ORDER BY created_at", r => new Row
        {
            ["vo"] = r.GetString(0),
            ["description"] = r[1] as string,
            ["email"] = r[2] as string,
            ["created_at"] = r.GetDateTime(3),
            ["updated_at"] = r.GetDateTime(4),
        }));
    }

    private static async Task<Answer> AddAsync(Call call)
    {
        var parameters = call.Parameters(optional: true);
        var vo = await Schemas.MapVoAsync(call, call["vo"]);
        Schemas.VoTag(vo);
        await Permissions.RequireAsync(call, "add_vo", $"Account {call.Issuer.External} cannot add a VO");
        RequireMultiVo(call);
        try
        {
            await call.Db.InsertAsync("vos", ["vo", "description", "email"],
                [new JsonObject { ["vo"] = vo, ["description"] = parameters["description"]?.DeepClone(), ["email"] = parameters["email"]?.DeepClone() }]);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("Duplicate", $"VO {vo} already exists!");
        }
        var root = new InternalAccount("root", vo);
        var email = PythonJson.Str(parameters["email"]);
        await AccountViews.InsertAsync(call.Db, root, "SERVICE", email);
        // Published password; void only if somebody made the identity's row first.
        await IdentityViews.MapAsync(call.Db, $"root@{vo}", "USERPASS", root, email, "password", isDefault: false);
        await call.Db.ExecuteAsync($"INSERT INTO account_map SELECT identity, identity_type, $1, false, {Session.Now}, {Session.Now} FROM account_map WHERE account = 'super_root'", root.Internal);
        return Answer.Created;
    }

    private static async Task<Answer> UpdateAsync(Call call)
    {
        var parameters = call.Parameters();
        var vo = await Schemas.MapVoAsync(call, call["vo"]);
        await Permissions.RequireAsync(call, "update_vo", $"Account {call.Issuer.External} cannot update VO");
        RequireMultiVo(call);
        var changes = new JsonObject(parameters.Where(p => p.Key is "email" or "description").Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
        if (await call.Db.UpdateAsync("vos", changes, "t.vo = $2", vo) == 0)
            throw new RucioException("VONotFound", $"VO {vo} not found");
        return Answer.Ok;
    }

    private static async Task<Answer> RecoverAsync(Call call)
    {
        var parameters = call.Parameters();
        var identity = PythonJson.Str(Call.Required(parameters, "identity"))!;
        var type = PythonJson.Str(Call.Required(parameters, "authtype"))!;
        var email = PythonJson.Str(Call.Required(parameters, "email"));
        var isDefault = Call.Flag(parameters, "default", false);
        var root = new InternalAccount("root", await Schemas.MapVoAsync(call, call["vo"]));
        await Permissions.RequireAsync(call, "recover_vo_root_identity", $"Account {call.Issuer.External} can not recover root identity");
        await IdentityViews.MapAsync(call.Db, identity, IdentityViews.TypeOf(type), root, email, PythonJson.Str(parameters["password"]), isDefault);
        return Answer.Created;
    }

    private static void RequireMultiVo(Call call)
    {
        if (!call.Server.Config.MultiVo)
            throw new RucioException("UnsupportedOperation", "VO operations cannot be performed in single VO mode.");
    }
}
