using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Just enough of data identifiers for a smoke test: make, attach, look.</summary>
internal static class DidViews
{
    private const string Attaching = "AccessDenied=401 DataIdentifierNotFound=404 DuplicateContent=409 UnsupportedOperation=409 FileAlreadyExists=409 RSENotFound=404";

    private static readonly Dictionary<string, string> Types = new() { ["F"] = "FILE", ["D"] = "DATASET", ["C"] = "CONTAINER" };

    public static readonly Route[] Routes =
    [
        new("POST", "/dids", AddManyAsync, "DataIdentifierNotFound=404 DuplicateContent=409 DataIdentifierAlreadyExists=409 UnsupportedOperation=409 AccessDenied=401"),
        new("POST", "/dids/<scope>/<name>", AddAsync, "DataIdentifierNotFound=404 ScopeNotFound=404 DuplicateContent=409 DataIdentifierAlreadyExists=409 UnsupportedOperation=409 AccessDenied=401"),
        new("GET", "/dids/<scope>/<name>", GetAsync, "ScopeNotFound=404 DataIdentifierNotFound=404", Route.Json),
        new("GET", "/dids/<scope>/<name>/dids", ContentAsync, "DataIdentifierNotFound=404", Route.Stream),
        new("POST", "/dids/<scope>/<name>/dids", AttachAsync, Attaching),
        new("POST", "/dids/attachments", AttachManyAsync, Attaching),
    ];

    public static string TypeName(string letter) => Types.GetValueOrDefault(letter, letter);

    private static Task<Answer> AddAsync(Call call)
    {
        var did = call.Parameters();
        did["scope"] = call["scope"];
        did["name"] = call["name"];
        return InsertAsync(call, [did]);
    }

    private static Task<Answer> AddManyAsync(Call call) => InsertAsync(call, call.Items().Select(d => d!.AsObject()));

    private static async Task<Answer> InsertAsync(Call call, IEnumerable<JsonObject> dids)
    {
        List<JsonObject> rows = [];
        foreach (var did in dids)
        {
            var scope = PythonJson.Str(Call.Required(did, "scope"))!;
            var type = PythonJson.Str(Call.Required(did, "type"))!;
            await Permissions.RequireAsync(call, "add_did", $"Account {call.Issuer.External} can not add data identifier to scope {scope}", scope: scope);
            if (type is not ("DATASET" or "CONTAINER"))
                throw new RucioException("UnsupportedOperation", "Only collection (dataset/container) can be registered.");
            rows.Add(new()
            {
                ["scope"] = call.Account(scope).Internal,
                ["name"] = PythonJson.Str(Call.Required(did, "name")),
                ["account"] = (PythonJson.Str(did["account"]) is { } account ? call.Account(account) : call.Issuer).Internal,
                ["did_type"] = type[..1],
                ["is_open"] = true,
                ["availability"] = "A",
                ["purge_replicas"] = true,
                ["is_new"] = true,
                ["monotonic"] = PythonJson.Str(did["statuses"]?["monotonic"]) == "True",
            });
        }
        try
        {
            await call.Db.InsertAsync("dids", ["scope", "name", "account", "did_type", "is_open", "availability", "purge_replicas", "is_new", "monotonic"], rows);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("DataIdentifierAlreadyExists", "Data Identifier already exists!");
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new RucioException("ScopeNotFound", "Scope not found!");
        }
        return Answer.Created;
    }

    private static async Task<Answer> GetAsync(Call call)
    {
        var (type, row) = await FindAsync(call, call["scope"], call["name"]);
        return Answer.Json(type == "F"
            ? new Row { ["scope"] = call["scope"], ["name"] = call["name"], ["type"] = "FILE", ["account"] = row.Account, ["bytes"] = row.Bytes, ["length"] = 1, ["md5"] = row.Md5, ["adler32"] = row.Adler32 }
            : new Row
            {
                ["scope"] = call["scope"],
                ["name"] = call["name"],
                ["type"] = TypeName(type),
                ["account"] = row.Account,
                ["open"] = row.Open,
                ["monotonic"] = row.Monotonic,
                ["expired_at"] = row.Expires,
                ["length"] = row.Length,
                ["bytes"] = row.Bytes,
            });
    }

    private sealed record Did(string Account, long? Bytes, string? Md5, string? Adler32, bool? Open, bool Monotonic, DateTime? Expires, long? Length);

    private static async Task<(string Type, Did Row)> FindAsync(Call call, string scope, string name)
    {
        var rows = await call.Db.QueryAsync("SELECT did_type::text, account, bytes, md5, adler32, is_open, monotonic, expired_at, length FROM dids WHERE scope = $1 AND name = $2",
            r => (r.GetString(0), new Did(InternalAccount.FromInternal(r.GetString(1)).External, r[2] as long?, r[3] as string, r[4] as string, r[5] as bool?, r.GetBoolean(6), r[7] as DateTime?, r[8] as long?)),
            call.Account(scope).Internal, name);
        return rows is [var row] ? row : throw new RucioException("DataIdentifierNotFound", $"Data identifier '{scope}:{name}' not found");
    }

    private static async Task<Answer> ContentAsync(Call call)
    {
        await FindAsync(call, call["scope"], call["name"]);
        return Answer.Stream(await call.Db.QueryAsync("SELECT child_scope, child_name, child_type::text, bytes, adler32, md5 FROM contents WHERE scope = $1 AND name = $2", r => new Row
        {
            ["scope"] = InternalAccount.FromInternal(r.GetString(0)).External,
            ["name"] = r.GetString(1),
            ["type"] = TypeName(r.GetString(2)),
            ["bytes"] = r[3] as long?,
            ["adler32"] = r[4] as string,
            ["md5"] = r[5] as string,
        }, call.Account(call["scope"]).Internal, call["name"]));
    }

    private static async Task<Answer> AttachAsync(Call call)
    {
        await AttachAsync(call, call["scope"], call["name"], call.Parameters()["dids"] as JsonArray ?? [], ignoreDuplicates: false);
        return Answer.Created;
    }

    private static async Task<Answer> AttachManyAsync(Call call)
    {
        var body = JsonNode.Parse(call.Body);
        var ignore = body is JsonObject o && PythonJson.Str(o["ignore_duplicate"]) == "True";
        foreach (var attachment in body as JsonArray ?? body!["attachments"]!.AsArray())
            await AttachAsync(call, PythonJson.Str(attachment!["scope"])!, PythonJson.Str(attachment["name"])!, attachment["dids"]!.AsArray(), ignore);
        return Answer.Created;
    }

    private static async Task AttachAsync(Call call, string scope, string name, JsonArray children, bool ignoreDuplicates)
    {
        await Permissions.RequireAsync(call, "attach_dids", $"Account {call.Issuer.External} can not add data identifiers to {scope}:{name}", scope: scope);
        var (type, _) = await FindAsync(call, scope, name);
        foreach (var child in children.Select(c => c!.AsObject()))
        {
            var (childScope, childName) = (PythonJson.Str(child["scope"])!, PythonJson.Str(child["name"])!);
            var (childType, row) = await FindAsync(call, childScope, childName);
            try
            {
                await call.Db.ExecuteAsync($"INSERT INTO contents (scope, name, child_scope, child_name, did_type, child_type, bytes, adler32, md5, rule_evaluation, created_at, updated_at) VALUES ($1, $2, $3, $4, $5::text::\"CONTENTS_DID_TYPE_CHK\", $6::text::\"CONTENTS_CHILD_TYPE_CHK\", $7, $8, $9, true, {Session.Now}, {Session.Now}){(ignoreDuplicates ? " ON CONFLICT DO NOTHING" : "")}",
                    call.Account(scope).Internal, name, call.Account(childScope).Internal, childName, type, childType, row.Bytes, row.Adler32, row.Md5);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                throw new RucioException("FileAlreadyExists", $"{childScope}:{childName} is already attached to {scope}:{name}");
            }
        }
    }
}
