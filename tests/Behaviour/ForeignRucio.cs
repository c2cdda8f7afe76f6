using NUnit.Framework;
using RucioOperator.Sandbox.Rucio;
using RucioOperator.Tests.SandboxTests;
using RucioOperator.Tests.SandboxTests.Rucio;

namespace RucioOperator.Tests.Behaviour;

/// <summary>A Rucio that somebody else runs, beside the operator's world: a server and a catalogue, and nothing of it in Kubernetes.</summary>
internal sealed class ForeignRucio
{
    private readonly World _world;
    private readonly string _database;

    private ForeignRucio(World world, string prefix, string database) => (_world, Prefix, _database) = (world, prefix, database);

    public string Prefix { get; }

    public string Url => _world.Bed.Rucio.Url(Prefix);

    public const string User = "super";
    public const string Password = "super-password";

    /// <param name="stock">Without a policy of its own for <c>def</c>: super_root may not use the config table.</param>
    public static async Task<ForeignRucio> StartAsync(World world, string name, bool multiVo = true, bool stock = false)
    {
        var database = await (await SharedPostgres.ServerAsync()).CreateDatabaseAsync();
        var config = RucioBed.NewConfig();
        if (!multiVo)
            (config["common", "multi_vo"], config["api", "endpoints_add"]) = ("", "");
        if (stock || !multiVo)
            config["policy", "package-def"] = "";
        await StandInCatalogue.BootstrapAsync(database, config);
        world.Bed.Rucio.Register($"/elsewhere/{name}", config, database);
        return new(world, $"/elsewhere/{name}", database);
    }

    /// <summary>The instance, its login Secret and its namespace.</summary>
    /// <param name="grants">YAML of <c>tenancy.vos</c>.</param>
    public void ApplyInstance(string ns, string grants, string? account = null, string user = User, string password = Password, string spec = "", string? url = null)
    {
        _world.Namespace(ns);
        _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: login, namespace: {ns}}}, stringData: {{username: {user}, password: {password}{(account is null ? "" : $", account: {account}")}}}}}");
        _world.Apply($$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: RucioInstance
            metadata: {name: there, namespace: {{ns}}}
            spec:
              external: {apiUrl: "{{url ?? Url}}", credentialsSecretRef: {name: login} }
              tenancy: {allowedNamespaces: {from: All}, vos: {{grants}} }
            {{spec}}
            """);
    }

    public async Task<IReadOnlyList<string>> SqlAsync(string sql)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(new Npgsql.NpgsqlConnectionStringBuilder(_database) { SearchPath = "rucio", Pooling = false }.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : $"{reader.GetValue(i)}")));
        return rows;
    }

    public Task BecomesAsync(string sql, string expected)
    {
        string? last = null;
        return _world.UntilAsync(async () => (last = (await SqlAsync(sql)).FirstOrDefault()) == expected, () => $"{sql}: {last ?? "no row"}, wanted {expected}");
    }

    public IReadOnlyList<StandInRequest> Requests => [.. _world.Bed.Rucio.Log.Requests.Where(r => r.Prefix == Prefix)];

    public async Task<int> LogInAsync(string user, string password, string account, string vo)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Url}/auth/userpass");
        request.Headers.Add("X-Rucio-Username", user);
        request.Headers.Add("X-Rucio-Password", password);
        request.Headers.Add("X-Rucio-Account", account);
        request.Headers.Add("X-Rucio-VO", vo);
        using var response = await http.SendAsync(request);
        return (int)response.StatusCode;
    }

    /// <summary>A call as super_root, or as root of a VO by the mapping it inherits.</summary>
    public async Task CallAsync(string method, string path, string? body = null, string account = "super_root", string vo = "def")
    {
        using var http = new HttpClient();
        using var login = new HttpRequestMessage(HttpMethod.Get, $"{Url}/auth/userpass");
        login.Headers.Add("X-Rucio-Username", User);
        login.Headers.Add("X-Rucio-Password", Password);
        login.Headers.Add("X-Rucio-Account", account);
        login.Headers.Add("X-Rucio-VO", vo);
        using var answer = await http.SendAsync(login);
        using var request = new HttpRequestMessage(new HttpMethod(method), Url + path) { Content = body is null ? null : new StringContent(body) };
        request.Headers.Add("X-Rucio-Auth-Token", answer.Headers.GetValues("X-Rucio-Auth-Token").Single());
        using var response = await http.SendAsync(request);
        Assert.That((int)response.StatusCode, Is.InRange(200, 299), await response.Content.ReadAsStringAsync());
    }
}
