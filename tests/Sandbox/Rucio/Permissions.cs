using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>The generic policies, alike for what is here, and on top of it a tenant policy for VOs that have one configured.</summary>
internal static class Permissions
{
    private static readonly HashSet<string> RootOnly =
        ["add_account", "del_account", "set_rse_usage", "list_heartbeats"];

    private static readonly HashSet<string> SuperRootOnly = ["add_vo", "list_vos", "update_vo", "recover_vo_root_identity"];

    /// <summary>What a tenant policy keeps for super_root of `def`, because no VO owns it.</summary>
    private static readonly HashSet<string> Global = ["config", "list_heartbeats", .. SuperRootOnly];

    /// <summary>What a tenant policy keeps for the VO's root; the attribute `admin` doesn't help.</summary>
    private static readonly HashSet<string> VoRoot =
    [
        "add_account", "del_account", "update_account", "add_attribute", "del_attribute", "add_account_identity", "del_account_identity",
        "set_local_account_limit", "set_global_account_limit", "delete_local_account_limit", "delete_global_account_limit",
        "add_scope", "update_scope", "add_subscription", "update_subscription",
        "add_rse", "update_rse", "del_rse", "add_rse_attribute", "del_rse_attribute", "add_protocol", "update_protocol", "del_protocol",
        "add_distance", "update_distance", "delete_distance", "set_rse_usage", "set_rse_limits", "delete_rse_limits",
        "add_qos_policy", "delete_qos_policy", "import", "export",
    ];

    public static async Task RequireAsync(Call call, string action, string refusal, string? rse = null, InternalAccount? owner = null, string? scope = null)
    {
        if (!await AllowsAsync(call, action, rse, owner, scope))
            throw RucioException.AccessDenied(refusal);
    }

    public static async Task<bool> AllowsAsync(Call call, string action, string? rse = null, InternalAccount? owner = null, string? scope = null)
    {
        var issuer = call.Issuer;
        if (await call.Server.HasTenantPolicyAsync(call.Db, issuer.Vo))
        {
            if (Global.Contains(action))
                return call.Server.Config.MultiVo ? issuer.IsSuperRoot : issuer.IsRoot;
            if (VoRoot.Contains(action))
                return issuer.IsRoot;
            if ((action is "add_did" or "attach_dids" or "add_replicas" or "update_replicas_states") && !await NamesAreFineAsync(call, action))
                return false;
            if ((action is "del_rule" or "update_rule") && owner == issuer)
                return true;
            if (action is "add_replicas" or "update_replicas_states")
                return issuer.IsRoot || await IsAdminAsync(call) || await HasQuotaAsync(call, rse!);
        }
        if (SuperRootOnly.Contains(action))
            return issuer.IsSuperRoot;
        if (action == "delete_replicas")
            return false;
        if (issuer.IsRoot)
            return true;
        if (RootOnly.Contains(action))
            return false;
        return action switch
        {
            "add_replicas" when rse!.EndsWith("SCRATCHDISK") || rse.EndsWith("USERDISK") || rse.EndsWith("MOCK") || rse.EndsWith("LOCALGROUPDISK") => true,
            "add_rule" or "get_account_usage" when owner == issuer => true,
            "get_signed_url" => await HasAttributeAsync(call, "sign-url"),
            "add_did" or "attach_dids" when scope == "mock" => true,
            "add_did" or "attach_dids" or "update_scope" when await call.Db.ExistsAsync("SELECT 1 FROM scopes WHERE scope = $1 AND account = $2", new InternalAccount(scope!, call.Vo).Internal, issuer.Internal) => true,
            _ => await IsAdminAsync(call),
        };
    }

    /// <summary>Nothing leads out of its storage, and files are only registered on RSEs of this VO, where there is a quota.</summary>
    private static async Task<bool> NamesAreFineAsync(Call call, string action)
    {
        var objects = Objects(JsonNode.Parse(call.Body)).ToList();
        if (objects.Any(o => o.ContainsKey("path") || ((string[])["name", "pfn", "lfn"]).Any(key => PythonJson.Str(o[key]) is { } text && LeadsOut(text))))
            return false;
        foreach (var place in action is "add_did" or "attach_dids" ? objects : [])
        {
            if ((PythonJson.Str(place["rse"]), PythonJson.Str(place["rse_id"])) is var (name, id) && (name ?? id) is not null
                && !await call.Db.ExistsAsync($"""
                    SELECT 1 FROM rses r WHERE r.vo = $1 AND (r.rse = $2 OR replace(r.id::text, '-', '') = $3) AND ($4
                        OR EXISTS (SELECT 1 FROM account_limits l WHERE l.account = $5 AND l.rse_id = r.id AND l.bytes <> 0))
                    """, call.Vo, name, id, call.Issuer.IsRoot || await IsAdminAsync(call), call.Issuer.Internal))
                return false;
        }
        return true;
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject o => o.Where(p => p.Key is not ("meta" or "rules" or "statuses")).SelectMany(p => Objects(p.Value)).Prepend(o),
        JsonArray a => a.SelectMany(Objects),
        _ => [],
    };

    private static bool LeadsOut(string text) => Uri.UnescapeDataString(text).Split('/', '\\', '?', '#', ';').Any(part => part is "." or "..");

    private static Task<bool> IsAdminAsync(Call call) => HasAttributeAsync(call, "admin");

    private static Task<bool> HasAttributeAsync(Call call, string key) =>
        call.Db.ExistsAsync("SELECT 1 FROM account_attr_map WHERE account = $1 AND key = $2", call.Issuer.Internal, key);

    private static Task<bool> HasQuotaAsync(Call call, string rse) => call.Db.ExistsAsync(
        "SELECT 1 FROM account_limits l JOIN rses r ON r.id = l.rse_id WHERE l.account = $1 AND r.rse = $2 AND r.vo = $3 AND l.bytes <> 0", call.Issuer.Internal, rse, call.Vo);
}
