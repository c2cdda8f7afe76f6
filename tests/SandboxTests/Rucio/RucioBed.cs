using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.SandboxTests.Rucio;

/// <summary>A Rucio to talk to: the stand-in, or the running server named by RUCIO_TEST_URL, which has to give the same answers.</summary>
public sealed class RucioBed : IAsyncDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly string baseUrl;
    private readonly string user;
    private readonly string password;

    private RucioBed(string baseUrl, string user, string password) => (this.baseUrl, this.user, this.password) = (baseUrl, user, password);

    public StandInRucio? StandIn { get; private init; }

    public string Database { get; private init; } = "";

    public RucioConfig Config { get; private init; } = new();

    public string BaseUrl => baseUrl;

    /// <summary>super_root's login.</summary>
    public (string User, string Password) SuperRoot => (user, password);

    public static RucioConfig NewConfig(params (string, string, string)[] more) => new([
        ("common", "multi_vo", "True"), ("api", "endpoints_add", "vos"), ("database", "schema", "rucio"), ("policy", "package-def", "rucio_tenant_policy"),
        ("bootstrap", "userpass_identity", "super"), ("bootstrap", "userpass_pwd", "super-password"),
        ("bootstrap", "x509_identity", ""), ("bootstrap", "gss_identity", ""), ("bootstrap", "ssh_identity", ""), .. more]);

    public static async Task<RucioBed> StartAsync(bool live = false, params (string, string, string)[] config)
    {
        if (live)
        {
            if (Environment.GetEnvironmentVariable("RUCIO_TEST_URL") is not { } url)
                throw new IgnoreException("needs a running Rucio: RUCIO_TEST_URL, RUCIO_TEST_SUPER_ROOT_USER, RUCIO_TEST_SUPER_ROOT_PASSWORD");
            return new(url, Environment.GetEnvironmentVariable("RUCIO_TEST_SUPER_ROOT_USER")!, Environment.GetEnvironmentVariable("RUCIO_TEST_SUPER_ROOT_PASSWORD")!);
        }
        var database = await (await SharedPostgres.ServerAsync()).CreateDatabaseAsync();
        var options = NewConfig(config);
        await StandInCatalogue.BootstrapAsync(database, options);
        var rucio = await StandInRucio.StartAsync();
        rucio.Register("/ns/rucio-admin", options, database);
        return new(rucio.Url("/ns/rucio-admin"), "super", "super-password") { StandIn = rucio, Database = database, Config = options };
    }

    public Task<RucioCaller> SuperRootAsync() => LogInAsync(user, password, "super_root", "def");

    public Task<RucioCaller> RootAsync(string vo) => LogInAsync(user, password, "root", vo);

    /// <summary>A new VO, its tag unused so far, and its root.</summary>
    public async Task<(string Vo, RucioCaller Root)> NewVoAsync()
    {
        var vo = $"{(char)('a' + Random.Shared.Next(26))}{Random.Shared.Next(36 * 36):x2}"[..3];
        var super = await SuperRootAsync();
        while ((await super.CallAsync("POST", $"/vos/{vo}", """{"description": "d", "email": "e@example.org"}""")).Status == 409)
            vo = $"{(char)('a' + Random.Shared.Next(26))}{Random.Shared.Next(256):x2}";
        return (vo, await RootAsync(vo));
    }

    public async Task<RucioCaller> LogInAsync(string name, string secret, string account, string vo)
    {
        var (answer, token) = await TryLogInAsync(name, secret, account, vo);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Body);
        return new(http, baseUrl, token);
    }

    public async Task<(RucioAnswer Answer, string? Token)> TryLogInAsync(string name, string secret, string? account, string? vo)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, baseUrl + "/auth/userpass");
        request.Headers.Add("X-Rucio-Username", name);
        request.Headers.Add("X-Rucio-Password", secret);
        if (account is not null)
            request.Headers.Add("X-Rucio-Account", account);
        if (vo is not null)
            request.Headers.Add("X-Rucio-VO", vo);
        using var response = await http.SendAsync(request);
        return (await RucioAnswer.ReadAsync(response), response.Headers.TryGetValues("X-Rucio-Auth-Token", out var tokens) ? tokens.Single() : null);
    }

    public RucioCaller Anonymous(string? token = null) => new(http, baseUrl, token);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (StandIn is not null)
            await StandIn.DisposeAsync();
    }
}

public sealed record RucioAnswer(int Status, string? Class, string Body, string? ContentType, HttpResponseMessage Raw)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>`201`, or `409 Duplicate`.</summary>
    public string Summary => Class is null ? $"{Status}" : $"{Status} {Class}";

    public static async Task<RucioAnswer> ReadAsync(HttpResponseMessage response) => new(
        (int)response.StatusCode,
        response.Headers.TryGetValues("ExceptionClass", out var names) ? names.Single() : null,
        await response.Content.ReadAsStringAsync(),
        response.Content.Headers.ContentType?.ToString(),
        response);
}

public sealed class RucioCaller(HttpClient http, string baseUrl, string? token)
{
    public async Task<RucioAnswer> CallAsync(string method, string path, string? body = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(new(method), baseUrl + path);
        if (token is not null)
            request.Headers.Add("X-Rucio-Auth-Token", token);
        if (accept is not null)
            request.Headers.Add("Accept", accept);
        if (body is not null)
            request.Content = new StringContent(body);
        return await RucioAnswer.ReadAsync(await http.SendAsync(request));
    }

    /// <summary>Plays `METHOD path [body] → summary` lines in order and compares all answers at once.</summary>
    public async Task PlayAsync(string script)
    {
        List<string> expected = [], actual = [];
        foreach (var line in script.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (call, summary) = (line.Split(" → ")[0], line.Split(" → ")[1]);
            var parts = call.Split(' ', 3);
            var answer = await CallAsync(parts[0], parts[1], parts.ElementAtOrDefault(2));
            var body = answer.Status < 300 && summary.Contains(' ') ? $" {answer.Body.Trim()}" : "";
            expected.Add($"{call} → {Dense(summary)}");
            actual.Add($"{call} → {answer.Summary}{Dense(body)}");
        }
        Assert.That(string.Join('\n', actual), Is.EqualTo(string.Join('\n', expected)));

        // Half of Rucio's views write blanks between JSON tokens.
        static string Dense(string text) => text.Replace(": ", ":").Replace(", ", ",");
    }
}
