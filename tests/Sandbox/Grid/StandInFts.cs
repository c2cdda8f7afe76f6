using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Sandbox.Grid;

/// <summary>One HTTP request at the stand-in. Bodies are not kept.</summary>
/// <param name="Chain">How many certificates the client showed.</param>
public sealed record GridRequest(string Method, string Path, string? Dn, IReadOnlyList<string> Fqans, int Chain, int Status)
{
    public override string ToString() => $"{Method} {Path} {Dn} [{string.Join(' ', Fqans)}] {Status}";
}

/// <summary>What an FTS holds of a client.</summary>
/// <param name="Ends">When the first certificate of the chain runs out.</param>
public sealed record Delegation(string Id, string Dn, IReadOnlyList<string> Fqans, string Pem, DateTimeOffset Ends);

/// <summary>
/// The delegation rules of an FTS REST server (fts-rest-flask 3.13: controllers/delegation.py, controllers/jobs.py,
/// lib/middleware/fts3auth), behind a door like Apache's with GridSite.
/// </summary>
public sealed class StandInFts : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Id, string Dn), Delegation> delegations = new();
    private readonly ConcurrentDictionary<(string Id, string Dn), (string Request, string Key, int Bits)> requests = new();
    private readonly ConcurrentQueue<GridRequest> log = new();
    private GridListener listener = null!;

    private StandInFts()
    {
    }

    public Uri Url => listener.Url;
    public int Port => listener.Port;

    /// <summary>In order of their answers.</summary>
    public IReadOnlyList<GridRequest> Requests => [.. log];

    public IReadOnlyList<Delegation> Delegations => [.. delegations.Values.OrderBy(d => d.Id, StringComparer.Ordinal)];

    /// <summary>Of the server: what is valid, how much is left, and its Date.</summary>
    public TimeProvider Clock
    {
        get => listener.Clock;
        set => listener.Clock = value;
    }

    /// <inheritdoc cref="GridListener.ClockOff"/>
    public TimeSpan ClockOff
    {
        get => listener.ClockOff;
        set => listener.ClockOff = value;
    }

    /// <inheritdoc cref="GridListener.IsDown"/>
    public bool IsDown
    {
        get => listener.IsDown;
        set => listener.IsDown = value;
    }

    /// <inheritdoc cref="GridListener.OnlyTls12"/>
    public bool OnlyTls12
    {
        get => listener.OnlyTls12;
        set => listener.OnlyTls12 = value;
    }

    /// <summary>Null: whichever.</summary>
    public IReadOnlySet<string>? AuthorizedVos { get; set; }

    public ConcurrentDictionary<string, bool> BannedDns { get; } = new();

    /// <summary>It deletes nothing.</summary>
    public bool RefusesDelete { get; set; }

    /// <summary>Every answer has this status.</summary>
    public int? FailWith { get; set; }

    /// <summary>No answer before this is over.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>At localhost.</summary>
    /// <param name="clients">Authority of client certificates.</param>
    /// <param name="own">Authority of the server's; null: the same.</param>
    /// <param name="port">0 takes a free one.</param>
    public static async Task<StandInFts> StartAsync(ThrowAwayAuthority clients, ThrowAwayAuthority? own = null, int port = 0)
    {
        var fts = new StandInFts();
        fts.listener = await GridListener.StartAsync(clients.CaPem, (own ?? clients).IssueToGridServer("localhost"), port, fts.AnswerAsync);
        return fts;
    }

    /// <summary>As if its database had been emptied.</summary>
    public void Forget()
    {
        delegations.Clear();
        requests.Clear();
    }

    public void ClearRequests() => log.Clear();

    public ValueTask DisposeAsync() => listener.DisposeAsync();

    internal static string IdOf(string dn, IEnumerable<string> fqans) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(dn + string.Concat(fqans))))[..16];

    private async Task AnswerAsync(HttpContext http, GridClient? client)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.ASCII);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        await Hold.WaitAsync(http.RequestAborted);
        var (status, type, text) = Answer(http, client, body);
        log.Enqueue(new GridRequest(http.Request.Method, http.Request.Path, client?.Dn, client?.Fqans ?? [], client?.Chain.Count ?? 0, status));
        http.Response.StatusCode = status;
        if (status != 204)
        {
            http.Response.ContentType = type;
            await http.Response.WriteAsync(text, http.RequestAborted);
        }
    }

    private (int Status, string Type, string Text) Answer(HttpContext http, GridClient? client, string body)
    {
        if (FailWith is { } status)
            return Html(status, "Service Unavailable", "The server is temporarily unable to service your request due to maintenance downtime or capacity problems.");
        var user = client is null ? new User("anon", [], "", ["anon"], []) : UserOf(client);
        if (AuthorizedVos is { } authorized && !user.Vos.Any(authorized.Contains))
            return Html(403, "Forbidden", "The user does not belong to any authorized vo");
        if (BannedDns.ContainsKey(user.Dn))
            return Html(403, "Forbidden", "The user has been banned");
        if (RefusesDelete && http.Request.Method == "DELETE")
            return Html(403, "Forbidden", "Nothing is deleted here");
        return (http.Request.Method, http.Request.Path.Value!.Split('/')) switch
        {
            ("GET", ["", ""]) => Json(200, new JsonObject { ["api"] = Version(3, 13, 4), ["core"] = Version(3, 13, 4), ["delegation"] = Version(1, 0, 0), ["schema"] = Version(9, 1, 0) }),
            ("GET", ["", "whoami"]) => Json(200, WhoAmI(user, client is not null)),
            ("GET", ["", "delegation", var id]) => id != user.Id ? NotYours() : View(user, http.Request.Headers.UserAgent.ToString()),
            ("DELETE", ["", "delegation", var id]) => client is null ? NeedsCertificate() : id != user.Id ? NotYours() : Delete(user),
            ("GET", ["", "delegation", var id, "request"]) => client is null ? NeedsCertificate() : id != user.Id ? NotYours() : Request(http, user, client),
            ("PUT" or "POST", ["", "delegation", var id, "credential"]) => client is null ? NeedsCertificate() : id != user.Id ? NotYours() : Put(user, body),
            ("PUT" or "POST", ["", "jobs"]) => client is null ? Error(403, "Forbidden", "Not enough permissions") : Submit(user, body),
            _ => Error(404, "Not Found", "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."),
        };
    }

    private static User UserOf(GridClient client)
    {
        var id = IdOf(client.Dn, client.Fqans);
        var vos = client.Fqans.Select(VoOf).Where(v => v.Length > 0).Distinct().ToList();
        return new User(client.Dn, client.Fqans, id, vos.Count > 0 ? vos : [id],
            // One for each certificate, the end entity's first: GRST_CRED_AURI_n.
            [.. client.Chain.Select(c => GridClient.DnOf(c.SubjectName)).Where(d => d.StartsWith(client.Dn, StringComparison.Ordinal)).OrderBy(d => d.Length)]);
    }

    private static string VoOf(string fqan) => string.Join('/', fqan.Split('/').Skip(1).TakeWhile(p => !p.StartsWith("Role=", StringComparison.OrdinalIgnoreCase)));

    private static JsonObject WhoAmI(User user, bool isKnown) => new()
    {
        ["user_dn"] = user.Dn,
        ["dn"] = Array(isKnown ? user.Dns : [user.Dn]),
        ["base_id"] = "01874efb-4735-4595-bc9c-591aef8240c9",
        ["voms_cred"] = Array(user.Fqans),
        ["vos"] = Array(isKnown ? user.Vos : []),
        ["vos_id"] = new JsonArray(),
        ["roles"] = Array([.. user.Fqans.Select(f => f.Split("/Role=")).Where(f => f.Length == 2).Select(f => f[1].Split('/')[0]).Where(r => r != "NULL")]),
        ["level"] = isKnown ? new JsonObject { ["transfer"] = "vo", ["datamanagement"] = "all" } : new JsonArray(),
        ["delegation_id"] = isKnown ? user.Id : null,
        ["method"] = isKnown ? "certificate" : "unauthenticated",
        ["is_root"] = false,
    };

    /// <summary>Old clients want null where nothing is delegated; which are new shows in their name.</summary>
    private (int, string, string) View(User user, string agent) => delegations.TryGetValue((user.Id, user.Dn), out var there)
        ? Json(200, new JsonObject { ["termination_time"] = there.Ends.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss"), ["voms_attrs"] = Array([string.Join(' ', there.Fqans)]) })
        : (200, "application/json", agent.StartsWith("fts-", StringComparison.Ordinal) ? "[]" : "null");

    private (int, string, string) Delete(User user) => delegations.TryRemove((user.Id, user.Dn), out _) ? (204, "", "") : Error(404, "Not Found", "Delegated credentials not found");

    /// <summary>The same one until the size of the client's key is another.</summary>
    private (int, string, string) Request(HttpContext http, User user, GridClient client)
    {
        var bits = client.Chain[0].GetRSAPublicKey()?.KeySize ?? 2048;
        var cached = requests.AddOrUpdate((user.Id, user.Dn), _ => New(bits), (_, before) => before.Bits == bits ? before : New(bits));
        http.Response.Headers["X-Delegation-ID"] = user.Id;
        return (200, "text/plain; charset=utf-8", cached.Request);

        static (string, string, int) New(int bits)
        {
            using var key = RSA.Create(bits);
            var request = new CertificateRequest("O=Dummy", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return (request.CreateSigningRequestPem() + "\n", key.ExportPkcs8PrivateKeyPem(), bits);
        }
    }

    private (int, string, string) Put(User user, string body)
    {
        if (!requests.TryGetValue((user.Id, user.Dn), out var request))
            return Error(400, "Bad Request", "No credential cache found");
        var chain = Certificates(body);
        if (chain.Count < 2)
            return Unfit("Malformed proxy");
        using var key = RSA.Create();
        key.ImportFromPem(request.Key);
        if (chain[0].GetRSAPublicKey()?.ExportParameters(false).Modulus?.AsSpan().SequenceEqual(key.ExportParameters(false).Modulus) != true)
            return Unfit("The proxy does not match the stored associated private key");
        if (!GridClient.IsSignedBy(chain[0], chain[1]))
            return Unfit("Failed to verify the proxy, maybe signed with the wrong private key?");
        var (own, above) = (GridClient.DnOf(chain[0].SubjectName), GridClient.DnOf(chain[0].IssuerName));
        // Of the issuer it is the name in the proxy that is looked at.
        if (own[..own.LastIndexOf('/')] != above)
            return Unfit($"The subject and the issuer of the proxy do not match: {own} != {above}");
        if (!own[own.LastIndexOf('/')..].StartsWith("/CN=", StringComparison.Ordinal))
            return Unfit("Missing trailing Common Name in the proxy");
        var ends = chain.Min(c => new DateTimeOffset(c.NotAfter.ToUniversalTime()));
        delegations[(user.Id, user.Dn)] = new Delegation(user.Id, user.Dn, user.Fqans, chain[0].ExportCertificatePem() + "\n" + request.Key + "\n" + string.Concat(chain.Skip(1).Select(c => c.ExportCertificatePem() + "\n")), ends);
        return (201, "text/html; charset=utf-8", "");
    }

    private (int, string, string) Submit(User user, string body)
    {
        try
        {
            JsonNode.Parse(body);
        }
        catch (System.Text.Json.JsonException)
        {
            return Error(400, "Bad Request", "Badly formatted JSON request");
        }
        if (!delegations.TryGetValue((user.Id, user.Dn), out var there))
            return Error(419, "Authentication Timeout", $"No delegation found for \"{user.Dn}\"");
        var left = there.Ends - Clock.GetUtcNow();
        if (left < TimeSpan.Zero)
            return Error(419, "Authentication Timeout", $"The delegated credentials expired {(int)-left.TotalSeconds} seconds ago ({user.Id})");
        if (left < TimeSpan.FromHours(1))
            return Error(419, "Authentication Timeout", $"The delegated credentials has less than one hour left ({user.Id})");
        return JsonNode.Parse(body)?["files"] is JsonArray { Count: > 0 }
            ? Json(200, new JsonObject { ["job_id"] = Guid.NewGuid().ToString() })
            : Error(400, "Bad Request", "No transfers specified");
    }

    private static List<X509Certificate2> Certificates(string pem)
    {
        var read = new X509Certificate2Collection();
        try
        {
            read.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // What was read before counts.
        }
        return [.. read];
    }

    private static (int, string, string) Unfit(string why) => Error(400, "Bad Request", $"Could not process the proxy: {why}");

    private static (int, string, string) NotYours() => Error(403, "Forbidden", "The requested ID and the credentials ID do not match");

    private static (int, string, string) NeedsCertificate() => Error(403, "Forbidden", "Certificate required");

    private static (int, string, string) Json(int status, JsonNode body) => (status, "application/json", body.ToJsonString());

    private static (int, string, string) Error(int status, string name, string message) => Json(status, new JsonObject { ["status"] = $"{status} {name}", ["message"] = message });

    /// <summary>What is refused before the views, or by Apache.</summary>
    private static (int, string, string) Html(int status, string name, string message) =>
        (status, "text/html; charset=utf-8", $"<!doctype html>\n<html lang=en>\n<title>{status} {name}</title>\n<h1>{name}</h1>\n<p>{message}</p>\n");

    private static JsonObject Version(int major, int minor, int patch) => new() { ["major"] = major, ["minor"] = minor, ["patch"] = patch };

    private static JsonArray Array(IReadOnlyList<string> texts) => [.. texts.Select(t => JsonValue.Create(t))];

    private sealed record User(string Dn, IReadOnlyList<string> Fqans, string Id, IReadOnlyList<string> Vos, IReadOnlyList<string> Dns);
}
