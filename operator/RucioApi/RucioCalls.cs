using System.Text.Json.Nodes;
using RucioOperator.Planning;

namespace RucioOperator.RucioApi;

/// <summary>
/// The REST calls the operator makes, typed; "already so" (409 Duplicate on create, 404 on removal) counts as done, since
/// a killed operator repeats its last call. Paths and quirks: lib/rucio/web/rest/flaskapi/v1/.
/// </summary>
public static class RucioCalls
{
    private static string E(string segment) => Uri.EscapeDataString(segment);

    // vos.py — super_root only
    /// <exception cref="RucioRejectedException">Duplicate too: whose VO it is, the caller has to know.</exception>
    public static Task CreateVoAsync(this RucioSession s, string tag, string description, string email, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Post, $"vos/{tag}", new JsonObject { ["description"] = description, ["email"] = email }, ct);

    public static Task UpdateVoAsync(this RucioSession s, string tag, string description, string email, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Put, $"vos/{tag}", new JsonObject { ["description"] = description, ["email"] = email }, ct);

    public static Task RecoverRootAsync(this RucioSession s, string tag, string identity, string password, CancellationToken ct) =>
        Creating(s.SendAsync(HttpMethod.Post, $"vos/{tag}/recover", new JsonObject { ["identity"] = identity, ["authtype"] = "USERPASS", ["email"] = "", ["password"] = password, ["default"] = false }, ct));

    // config.py
    public static Task SetConfigAsync(this RucioSession s, string section, string option, string value, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Put, $"config/{E(section)}/{E(option)}/{E(value)}", null, ct);

    // accounts.py, identities.py
    public static Task CreateAccountAsync(this RucioSession s, string account, string type, string email, CancellationToken ct) =>
        Creating(s.SendAsync(HttpMethod.Post, $"accounts/{E(account)}", new JsonObject { ["type"] = type, ["email"] = email }, ct));

    public static Task SetAccountAsync(this RucioSession s, string account, string key, string value, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Put, $"accounts/{E(account)}", new JsonObject { [key] = value }, ct);

    public static Task AddAccountAttributeAsync(this RucioSession s, string account, string key, string value, CancellationToken ct) =>
        Creating(s.SendAsync(HttpMethod.Post, $"accounts/{E(account)}/attr/{E(key)}", new JsonObject { ["value"] = value }, ct));

    public static Task RemoveAccountAttributeAsync(this RucioSession s, string account, string key, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"accounts/{E(account)}/attr/{E(key)}", null, ct));

    public static Task MapIdentityAsync(this RucioSession s, string account, string identity, string type, string password, string email, CancellationToken ct) =>
        Creating(s.SendAsync(HttpMethod.Post, $"accounts/{E(account)}/identities", new JsonObject { ["identity"] = identity, ["authtype"] = type, ["email"] = email, ["password"] = password, ["default"] = false }, ct));

    public static Task UnmapIdentityAsync(this RucioSession s, string account, string identity, string type, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"accounts/{E(account)}/identities", new JsonObject { ["identity"] = identity, ["authtype"] = type }, ct));

    /// <summary>Makes the identity's row, then asks whether the caller may map it to root of its own VO: that part is meant to fail.</summary>
    public static Task OccupyIdentityAsync(this RucioSession s, string identity, string password, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Put, "identities/root/userpass", null, ct, ("X-Rucio-Username", identity), ("X-Rucio-Password", password), ("X-Rucio-Email", "none"));

    public static Task SetLocalLimitAsync(this RucioSession s, string account, string rse, long bytes, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Post, $"accounts/{E(account)}/limits/local/{E(rse)}", new JsonObject { ["bytes"] = bytes }, ct);

    public static Task RemoveLocalLimitAsync(this RucioSession s, string account, string rse, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"accounts/{E(account)}/limits/local/{E(rse)}", null, ct));

    public static Task SetGlobalLimitAsync(this RucioSession s, string account, string rseExpression, long bytes, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Post, $"accounts/{E(account)}/limits/global/{E(rseExpression)}", new JsonObject { ["bytes"] = bytes }, ct);

    public static Task RemoveGlobalLimitAsync(this RucioSession s, string account, string rseExpression, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"accounts/{E(account)}/limits/global/{E(rseExpression)}", null, ct));

    // scopes.py; the /accounts form maps errors properly
    public static Task CreateScopeAsync(this RucioSession s, string account, string scope, CancellationToken ct) =>
        Creating(s.SendAsync(HttpMethod.Post, $"accounts/{E(account)}/scopes/{E(scope)}", null, ct));

    public static Task SetScopeOwnerAsync(this RucioSession s, string account, string scope, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Put, $"scopes/{E(account)}/{E(scope)}", null, ct);

    // subscriptions.py; never deleted, and any update but state I makes it active
    public static Task CreateSubscriptionAsync(this RucioSession s, string account, string name, JsonObject filter, JsonArray rules, string comments, int priority, CancellationToken ct) =>
        Creating(s.SendAsync(HttpMethod.Post, $"subscriptions/{E(account)}/{E(name)}", new JsonObject
        {
            ["options"] = new JsonObject { ["filter"] = filter, ["replication_rules"] = rules, ["comments"] = comments, ["lifetime"] = null, ["retroactive"] = false, ["dry_run"] = false, ["priority"] = priority },
        }, ct));

    /// <param name="lifetimeDays">From now on; null leaves an end that is there, and nothing takes it away.</param>
    public static Task UpdateSubscriptionAsync(this RucioSession s, string account, string name, JsonObject filter, JsonArray rules, string comments, int priority, int? lifetimeDays, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Put, $"subscriptions/{E(account)}/{E(name)}", new JsonObject
        {
            ["options"] = new JsonObject { ["filter"] = filter, ["replication_rules"] = rules, ["comments"] = comments, ["priority"] = priority, ["lifetime"] = lifetimeDays },
        }, ct);

    public static Task DeactivateSubscriptionAsync(this RucioSession s, string account, string name, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Put, $"subscriptions/{E(account)}/{E(name)}", new JsonObject { ["options"] = new JsonObject { ["state"] = "I" } }, ct));

    // import.py: mode edit, one transaction, all errors 500; never with an accounts key
    public static Task ImportAsync(this RucioSession s, JsonObject document, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Post, "import", document, ct);

    // rses.py
    /// <summary>Neither read nor written nor deleted from, by anybody.</summary>
    public static Task CloseRseAsync(this RucioSession s, string rse, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Put, $"rses/{E(rse)}", new JsonObject { ["availability_read"] = false, ["availability_write"] = false, ["availability_delete"] = false }, ct);

    public static Task DeleteRseAsync(this RucioSession s, string rse, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"rses/{E(rse)}", null, ct));

    /// <summary>What the reaper, the balancer and people take for the storage's own word; root of the VO alone may.</summary>
    public static Task ReportSpaceAsync(this RucioSession s, string rse, SpaceReport report, CancellationToken ct) =>
        s.SendAsync(HttpMethod.Put, $"rses/{E(rse)}/usage", new JsonObject { ["source"] = "storage", ["used"] = report.Used, ["free"] = report.Free, ["files"] = report.Files }, ct);

    public static Task RemoveRseAttributeAsync(this RucioSession s, string rse, string key, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"rses/{E(rse)}/attr/{E(key)}", null, ct));

    public static Task RemoveProtocolAsync(this RucioSession s, string rse, string scheme, string hostname, int port, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"rses/{E(rse)}/protocols/{E(scheme)}/{E(hostname)}/{port}", null, ct));

    public static Task RemoveLimitAsync(this RucioSession s, string rse, string name, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"rses/{E(rse)}/limits", new JsonObject { ["name"] = name }, ct));

    public static Task RemoveDistanceAsync(this RucioSession s, string source, string destination, CancellationToken ct) =>
        Removing(s.SendAsync(HttpMethod.Delete, $"rses/{E(source)}/distances/{E(destination)}", null, ct));

    private static async Task Creating(Task<string?> call)
    {
        try
        {
            await call;
        }
        catch (RucioRejectedException done) when (done.ExceptionClass is "Duplicate" or "SubscriptionDuplicate")
        {
        }
    }

    /// <summary>By class: DELETE of an RSE that still holds bytes also answers 404, as RSEOperationNotSupported.</summary>
    private static async Task Removing(Task<string?> call)
    {
        try
        {
            await call;
        }
        catch (RucioRejectedException gone) when (gone.ExceptionClass is "RSENotFound" or "AccountNotFound" or "IdentityError" or "RSEAttributeNotFound" or "RSEProtocolNotSupported" or "ConfigNotFound" or "AccountAttributeNotFound" or "SubscriptionNotFound")
        {
        }
    }
}
