using System.Collections.Concurrent;
using System.Collections.Frozen;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>One Rucio server process: a configuration, a database and the caches such a process has.</summary>
public sealed class StandInServer
{
    public const string Version = "41.0.0";

    private static readonly TimeSpan TokenCacheLifetime = TimeSpan.FromSeconds(900);

    private readonly NpgsqlDataSource database;
    private readonly FrozenSet<string> endpoints;
    private readonly Route[] routes;
    private readonly ConcurrentDictionary<string, (Token Token, DateTime CachedAt)> tokens = new();
    private readonly ConcurrentDictionary<string, bool> policies = new();
    private volatile bool booted;

    private readonly OidcLogins oidc;

    internal StandInServer(string prefix, RucioConfig config, NpgsqlDataSource database, string? idpSecrets)
    {
        oidc = new(config, idpSecrets);
        (Prefix, Config, this.database) = (prefix, config, database);
        endpoints = EndpointsOf(config);
        routes = [.. Blueprints.All.Where(b => endpoints.Contains(b.Key)).SelectMany(b => b.Value).OrderByDescending(r => r.Weight)];
    }

    /// <summary>Path in front of all of Rucio's, like `/namespace/service`.</summary>
    public string Prefix { get; }

    public RucioConfig Config { get; }

    internal NpgsqlDataSource Database => database;

    /// <summary>Content of rse-accounts.cfg as it is now; null: there is no such file.</summary>
    public Func<string?>? RseAccounts { get; set; }

    public IReadOnlySet<string> Endpoints => endpoints;

    /// <summary>A VO for which the stock policy decides, as in a process that was started without the tenant policy.</summary>
    internal string? WithoutPolicy { get; set; }

    internal sealed record Token(InternalAccount Account, string? Identity, DateTime Expires);

    internal async Task<(Answer Answer, InternalAccount? Issuer)> ServeAsync(HttpRequest request, string path, string body)
    {
        var segments = path.Split('/');
        var matches = routes.Select(r => (Route: r, Values: r.Match(segments))).Where(m => m.Values is not null).ToList();
        if (matches.Count == 0)
            return (NotFoundOrRedirect(request, path), null);
        if (matches.FirstOrDefault(m => m.Route.Method == request.Method) is not { Route: { } route } match)
            return (Answer.Text(405, "<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>\n"), null);

        await using var session = new Session(database);
        var call = new Call(this, request, route, match.Values!, body, session);
        try
        {
            // A multi-VO server reads table vos while it starts and dies without it; its Service then has no endpoints.
            if (!booted && !(booted = await session.ExistsAsync("SELECT to_regclass('vos')::text")))
                return (Answer.Text(503, "no healthy upstream"), null);
            if (!route.IsOpen)
            {
                var token = await AuthenticateAsync(session, call.Header("X-Rucio-Auth-Token"));
                call.Issuer = token.Account;
            }
            if (route.Accept is not null && !Accepts(request, route.Accept))
                return (Answer.Error(406, "UnsupportedRequestedContentType", $"The requested content type {request.Headers.Accept} is not supported. Use ['{route.Accept}']."), Issuer());
            var answer = await route.View(call);
            await session.CommitAsync();
            return (answer, Issuer());
        }
        catch (AbortException e)
        {
            return (Answer.Error(e.Status, e.Class, e.Message), Issuer());
        }
        catch (RucioException e)
        {
            return (Answer.Error(route.StatusOf(e.Class), e.Class, e.Message), Issuer());
        }
        catch (PythonException e)
        {
            return (Answer.Text(500, e.Message), Issuer());
        }
        catch (NpgsqlException e) when (e is not PostgresException && e.Message.Contains("pool has been exhausted"))
        {
            return (Answer.Error(503, "DatabaseException", "Currently there are too many requests for the Rucio servers to handle. Please try again in a few minutes."), Issuer());
        }
        catch (NpgsqlException)
        {
            return (Answer.Error(500, "DatabaseException", RucioException.Database().Message), Issuer());
        }

        InternalAccount? Issuer() => call.Issuer.External is null ? null : call.Issuer;
    }

    /// <summary>Looked up when a VO is served first, in the file, then in the config table; kept for the life of the process.</summary>
    internal async Task<bool> HasTenantPolicyAsync(Session session, string vo)
    {
        if (vo == WithoutPolicy)
            return false;
        if (!policies.TryGetValue(vo, out var has))
        {
            has = !Config.MultiVo ? !string.IsNullOrEmpty(Config["policy", "package"]) : !string.IsNullOrEmpty(Config["policy", $"package-{vo}"])
                // Once loaded, it also takes the place of the policy Rucio falls back to.
                || !string.IsNullOrEmpty(Config["policy", "package-def"])
                || await session.ExistsAsync("SELECT 1 FROM configs WHERE section = 'policy' AND opt = $1", $"package-{vo}");
            policies[vo] = has;
        }
        return has;
    }

    internal async Task<Token> AuthenticateAsync(Session session, string? text)
    {
        if (text is null)
            throw new AbortException(400, "ValueError", "Token must be set.");
        if (!tokens.TryGetValue(text, out var cached) || DateTime.UtcNow - cached.CachedAt > TokenCacheLifetime)
        {
            var rows = await session.QueryAsync("SELECT account, identity, expired_at FROM tokens WHERE token = $1",
                r => new Token(InternalAccount.FromInternal(r.GetString(0)), r.IsDBNull(1) ? null : r.GetString(1), r.GetDateTime(2)), text);
            if (rows is not [var token])
                token = await ExternalAsync(session, text) ?? throw NotAuthenticated();
            tokens[text] = cached = (token, DateTime.UtcNow);
        }
        if (cached.Token.Expires > DateTime.UtcNow)
            return cached.Token;
        tokens.TryRemove(text, out _);
        throw NotAuthenticated();
    }

    /// <summary>What was taken once is kept in table tokens, and good until it runs out, whatever becomes of the identity.</summary>
    private async Task<Token?> ExternalAsync(Session session, string text)
    {
        if (await oidc.ValidateAsync(session, text) is not var (account, identity, scope, audience, expires))
            return null;
        await session.ExecuteAsync($"INSERT INTO tokens (token, account, refresh, identity, oidc_scope, audience, expired_at, created_at, updated_at) VALUES ($1, $2, false, $3, $4, $5, $6, {Session.Now}, {Session.Now})",
            text, account.Internal, identity, scope, audience, DateTime.SpecifyKind(expires, DateTimeKind.Unspecified));
        return new(account, identity, expires);
    }

    private static AbortException NotAuthenticated() => new(401, "CannotAuthenticate", "Cannot authenticate with given credentials");

    private Answer NotFoundOrRedirect(HttpRequest request, string path) =>
        routes.Any(r => r.Match($"{path}/".Split('/')) is not null)
            ? Answer.Text(308, "") with { Headers = new Dictionary<string, string> { ["Location"] = $"{request.Scheme}://{request.Host}{Prefix}{path}/{request.QueryString}" } }
            : Answer.Text(404, "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n");

    private static bool Accepts(HttpRequest request, string type)
    {
        var wanted = request.Headers.Accept.SelectMany(a => a!.Split(',')).Select(a => a.Split(';')[0].Trim()).ToList();
        return wanted.Count == 0 || wanted.Any(w => w == "*/*" || w == type || w == type.Split('/')[0] + "/*");
    }

    private static FrozenSet<string> EndpointsOf(RucioConfig config)
    {
        var (only, added, removed) = (config.List("api", "endpoints"), config.List("api", "endpoints_add"), config.List("api", "endpoints_remove"));
        if (only.Count > 0 && added.Count + removed.Count > 0)
            throw new InvalidOperationException("Endpoints cannot be set in both 'endpoints' and 'endpoints_add'/'endpoints_remove'");
        if (added.Intersect(removed).Any())
            throw new InvalidOperationException("Endpoints cannot be in both 'endpoints_add' and 'endpoints_remove'");
        var names = only.Count > 0 ? only : [.. Blueprints.Default.Except(removed), .. added];
        if (names.FirstOrDefault(n => !Blueprints.Known.Contains(n)) is { } unknown)
            throw new InvalidOperationException($"Could not load \"{unknown}\" provided in the endpoints configuration value");
        return names.ToFrozenSet();
    }
}
