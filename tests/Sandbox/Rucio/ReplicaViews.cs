using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Replicas as far as an upload and a listing need them. Counters lag, as without the abacus daemons they must.</summary>
internal static class ReplicaViews
{
    private const string Errors = "AccessDenied=401 RSENotFound=404 ScopeNotFound=404 DataIdentifierNotFound=404 Duplicate=409 DataIdentifierAlreadyExists=409 InvalidPath=400 ResourceTemporaryUnavailable=503";

    private static readonly Dictionary<string, string> States = new() { ["A"] = "AVAILABLE", ["U"] = "UNAVAILABLE", ["C"] = "COPYING", ["B"] = "BAD", ["D"] = "BEING_DELETED", ["T"] = "TEMPORARY_UNAVAILABLE" };
    private static readonly string[] Keys = ["scope", "name", "type", "meta", "rules", "bytes", "adler32", "md5", "state", "pfn"];

    public static readonly Route[] Routes = [.. ((string[])["/replicas", "/replicas/"]).SelectMany(path => (Route[])
    [
        new("POST", path, AddAsync, Errors),
        new("PUT", path, UpdateAsync, "AccessDenied=401 UnsupportedOperation=500"),
        new("DELETE", path, DeleteAsync, Errors),
    ]), new("POST", "/replicas/list", ListAsync, "DataIdentifierNotFound=404", Route.Stream)];

    private static async Task<Answer> AddAsync(Call call)
    {
        var parameters = call.Parameters();
        var rse = PythonJson.Str(Call.Required(parameters, "rse"))!;
        var files = (Call.Required(parameters, "files") as JsonArray ?? []).Select(f => f!.AsObject()).ToList();
        if (files.SelectMany(f => f).FirstOrDefault(p => !Keys.Contains(p.Key)) is { Key: { } unknown })
            throw Schemas.Invalid("dids", $"Additional properties are not allowed ('{unknown}' was unexpected)");
        var id = await RseTable.IdAsync(call, rse);
        await Permissions.RequireAsync(call, "add_replicas", $"Account {call.Issuer.External} can not add file replicas on {rse}", rse: rse);
        var flags = (await call.Db.QueryAsync("SELECT deterministic, volatile, availability_write FROM rses WHERE id = $1", r => (Deterministic: r.GetBoolean(0), Volatile: r.GetBoolean(1), Write: r.GetBoolean(2)), id))[0];
        if (flags.Volatile)
            throw new RucioException("UnsupportedOperation", $"Cannot add replicas on volatile RSE {rse} with the REST API");
        if (!flags.Write && !Call.Flag(parameters, "ignore_availability", false))
            throw new RucioException("ResourceTemporaryUnavailable", $"{rse} is temporary unavailable for writing");
        if (files.Any(f => !f.ContainsKey("bytes")))
            throw new PythonException("'bytes'");
        if (!flags.Deterministic && files.Any(f => f["pfn"] is null))
            throw new RucioException("UnsupportedOperation", "PFN needed for this (non deterministic) RSE");
        var scopes = files.Select(f => call.Account(PythonJson.Str(f["scope"])!).Internal).Distinct().ToArray();
        if ((await call.Db.QueryAsync("SELECT scope FROM scopes WHERE scope = ANY($1)", r => r.GetString(0), (object)scopes)).Count < scopes.Length)
            throw new RucioException("ScopeNotFound", "Scope not found!");

        var protocols = flags.Deterministic ? [] : await call.Db.DocumentsAsync("SELECT to_jsonb(p)::text FROM rse_protocols p WHERE rse_id = $1 AND write_wan IS NOT NULL ORDER BY write_wan", id);
        var rows = files.Select(f =>
        {
            var row = f.DeepClone().AsObject();
            row["scope"] = call.Account(PythonJson.Str(f["scope"])!).Internal;
            row["account"] = call.Issuer.Internal;
            row["did_type"] = "F";
            row["availability"] = "A";
            row["purge_replicas"] = true;
            row["rse_id"] = id;
            row["state"] ??= "A";
            row["path"] = flags.Deterministic ? null : PathViews.PathOf(protocols, PythonJson.Str(f["pfn"])!);
            return row;
        }).ToList();
        await call.Db.InsertAsync("dids", ["scope", "name", "account", "did_type", "availability", "purge_replicas", "bytes", "adler32", "md5"], rows.Select(Copy), "ON CONFLICT DO NOTHING");
        var added = await call.Db.InsertAsync("replicas", ["rse_id", "scope", "name", "bytes", "adler32", "md5", "state", "path"], rows.Select(Copy).Select(WithLockCount), "ON CONFLICT DO NOTHING");
        if (added > 0)
        {
            await call.Db.ExecuteAsync($"INSERT INTO updated_rse_counters SELECT gen_random_uuid(), $1, $2, $3, {Session.Now}, {Session.Now}", id, (long)added, rows.Sum(r => (long)r["bytes"]!.GetValue<double>()));
        }
        return Answer.Created;

        static JsonObject Copy(JsonObject row) => row.DeepClone().AsObject();

        static JsonObject WithLockCount(JsonObject row)
        {
            row["lock_cnt"] = 0;
            return row;
        }
    }

    private static async Task<Answer> UpdateAsync(Call call)
    {
        var parameters = call.Parameters();
        var rse = PythonJson.Str(Call.Required(parameters, "rse"))!;
        var id = await RseTable.IdAsync(call, rse);
        await Permissions.RequireAsync(call, "update_replicas_states", $"Account {call.Issuer.External} can not update file replicas state on {rse}", rse: rse);
        foreach (var file in (Call.Required(parameters, "files") as JsonArray ?? []).Select(f => f!.AsObject()))
        {
            var state = PythonJson.Str(file["state"])!;
            var letter = States.FirstOrDefault(s => s.Key == state || s.Value == state).Key ?? throw new PythonException($"'{state}' is not a valid ReplicaState");
            if (await call.Db.ExecuteAsync($"UPDATE replicas SET state = $4::text::\"REPLICAS_STATE_CHK\", updated_at = {Session.Now} WHERE rse_id = $1 AND scope = $2 AND name = $3",
                id, call.Account(PythonJson.Str(file["scope"])!).Internal, PythonJson.Str(file["name"]), letter) == 0)
                throw new RucioException("ReplicaNotFound", $"No row found for scope: {file["scope"]} name: {file["name"]} rse: {rse}");
        }
        return Answer.Ok;
    }

    private static async Task<Answer> DeleteAsync(Call call)
    {
        var rse = PythonJson.Str(Call.Required(call.Parameters(), "rse"))!;
        await RseTable.IdAsync(call, rse);
        await Permissions.RequireAsync(call, "delete_replicas", $"Account {call.Issuer.External} can not delete file replicas on {rse}");
        return Answer.Ok;
    }

    private static async Task<Answer> ListAsync(Call call)
    {
        List<Row> answer = [];
        foreach (var did in (Call.Required(call.Parameters(), "dids") as JsonArray ?? []).Select(d => d!.AsObject()))
        {
            var rows = await call.Db.QueryAsync("""
                SELECT f.scope, f.name, r.bytes, r.adler32, r.md5, r.state::text, e.rse, e.id, e.rse_type::text, e.volatile, p.scheme, p.hostname, p.port, p.prefix, r.path
                FROM (SELECT scope, name FROM dids WHERE scope = $1 AND name = $2 AND did_type = 'F' UNION SELECT child_scope, child_name FROM contents WHERE scope = $1 AND name = $2) f
                JOIN replicas r ON r.scope = f.scope AND r.name = f.name AND r.state = 'A' JOIN rses e ON e.id = r.rse_id AND NOT e.deleted
                LEFT JOIN LATERAL (SELECT * FROM rse_protocols WHERE rse_id = e.id AND read_wan IS NOT NULL ORDER BY read_wan LIMIT 1) p ON true
                """, r => new
            {
                Scope = InternalAccount.FromInternal(r.GetString(0)).External,
                Name = r.GetString(1),
                Bytes = r.GetInt64(2),
                Adler32 = r[3] as string,
                Md5 = r[4] as string,
                State = States[r.GetString(5)],
                Rse = r.GetString(6),
                Id = r.GetGuid(7),
                Type = r.GetString(8),
                Volatile = r.GetBoolean(9),
                Root = r[10] is string scheme ? $"{scheme}://{r[11]}:{r[12]}/{(r[13] as string ?? "").Trim('/')}/" : null,
                Path = r[14] as string,
            }, call.Account(PythonJson.Str(did["scope"])!).Internal, PythonJson.Str(did["name"]));
            foreach (var file in rows.GroupBy(r => (r.Scope, r.Name)))
            {
                var first = file.First();
                var located = file.Where(f => f.Root is not null).Select(f => (File: f, Pfn: f.Root + (f.Path?.TrimStart('/') ?? HashPath(f.Scope, f.Name)))).ToList();
                answer.Add(new()
                {
                    ["scope"] = first.Scope,
                    ["name"] = first.Name,
                    ["bytes"] = first.Bytes,
                    ["adler32"] = first.Adler32,
                    ["md5"] = first.Md5,
                    ["states"] = file.Select(f => KeyValuePair.Create<string, object?>(f.Rse, f.State)),
                    ["rses"] = located.Select(l => KeyValuePair.Create<string, object?>(l.File.Rse, new[] { l.Pfn })),
                    ["pfns"] = located.Select((l, n) => KeyValuePair.Create<string, object?>(l.Pfn, new Row
                    {
                        ["rse"] = l.File.Rse,
                        ["rse_id"] = l.File.Id,
                        ["type"] = l.File.Type,
                        ["volatile"] = l.File.Volatile,
                        ["domain"] = "wan",
                        ["priority"] = n + 1,
                        ["client_extract"] = false,
                    })),
                });
            }
        }
        return Answer.Stream(answer);
    }

    /// <summary>The `hash` algorithm, Rucio's default.</summary>
    internal static string HashPath(string scope, string name)
    {
        var hash = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes($"{scope}:{name}")));
        var folder = scope.StartsWith("user") || scope.StartsWith("group") ? scope.Replace('.', '/') : scope;
        return $"{folder}/{hash[..2]}/{hash[2..4]}/{name}";
    }
}
