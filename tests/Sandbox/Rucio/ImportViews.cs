using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>/import: one transaction, no look at names, and 500 for whatever goes wrong.</summary>
internal static class ImportViews
{
    public static readonly Route[] Routes = [new("POST", "/import", ImportAsync), new("POST", "/import/", ImportAsync)];

    private static async Task<Answer> ImportAsync(Call call)
    {
        var document = call.Parameters();
        foreach (var key in (string[])["rses", "distances"])
        {
            if (document.ContainsKey(key) && document[key] is not JsonObject)
                throw Schemas.Invalid("import", $"{PythonJson.Str(document[key]) ?? "None"} is not of type 'object'");
        }
        await Permissions.RequireAsync(call, "import", $"Account {call.Issuer.External} can not import data");
        var rses = await SyncMethodAsync(call, "rse_sync_method");
        if (document["rses"] is JsonObject { Count: > 0 } wanted)
            await RsesAsync(call, wanted, rses, await SyncMethodAsync(call, "attr_sync_method"));
        if (document["distances"] is JsonObject { Count: > 0 } distances)
            await DistancesAsync(call, distances);
        if (document["accounts"] is JsonArray { Count: > 0 } accounts)
            await AccountsAsync(call, accounts);
        return Answer.Created;
    }

    private static async Task<string> SyncMethodAsync(Call call, string option) =>
        call.Server.Config["importer", option] ?? await call.Db.ScalarAsync<string>("SELECT value FROM configs WHERE section = 'importer' AND opt = $1", option) ?? "edit";

    private static async Task RsesAsync(Call call, JsonObject documents, string method, string attributeMethod)
    {
        var existing = (await call.Db.DocumentsAsync("SELECT to_jsonb(r)::text FROM rses r WHERE vo = $1 AND rse = ANY($2)", call.Vo, documents.Select(d => d.Key).ToArray()))
            .ToDictionary(r => r["rse"]!.GetValue<string>());
        List<JsonObject> added = [], changed = [], limits = [];
        List<(Guid, string, string?)> attributes = [];
        List<(Guid Id, string Name, JsonObject Document)> touched = [];
        foreach (var (name, node) in documents)
        {
            var rse = node as JsonObject ?? throw new PythonException($"'{(node is JsonArray ? "list" : "str")}' object has no attribute 'get'");
            if (existing.TryGetValue(name, out var row))
            {
                if (row["deleted"]!.GetValue<bool>())
                {
                    if (method == "append")
                        continue;
                    row["deleted"] = false;
                    row["deleted_at"] = null;
                    attributes.Add((Id(row), name, "true"));
                }
                if (rse["rse_type"] is { } type && PythonJson.Str(type) is not ("DISK" or "TAPE"))
                    throw new PythonException($"'{PythonJson.Str(type)}' is not a valid RSEType");
                foreach (var (key, value) in RseTable.Changes(new(rse.Where(p => RseTable.Mutable.Contains(p.Key)).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())))))
                {
                    row[key] = value?.DeepClone();
                    if (RseTable.Settings.Contains(key))
                        attributes.Add((Id(row), key, RseTable.AttributeText(value)));
                }
                changed.Add(row);
            }
            else
            {
                added.Add(row = RseTable.NewRow(name, call.Vo, rse));
            }
            touched.Add((Id(row), name, rse));
            if (rse["MinFreeSpace"] is { } limit && PythonJson.Str(limit) is not ("0" or ""))
                limits.Add(new() { ["rse_id"] = Id(row), ["name"] = "MinFreeSpace", ["value"] = limit.DeepClone() });
        }

        if (added.Count > 0)
            await RseViews.InsertAsync(call.Db, added);
        if (changed.Count > 0)
        {
            await call.Db.InsertAsync("rses", RseTable.Columns, changed.Select(c => c.DeepClone().AsObject()),
                $"ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at{string.Concat(RseTable.Columns.Skip(1).Select(c => $", \"{c}\" = excluded.\"{c}\""))}");
        }
        await ProtocolsAsync(call, touched, method);
        await RseUsageViews.SetLimitsAsync(call.Db, limits);
        await RseTable.SetAttributesAsync(call.Db, Last(attributes));
        await AttributesAsync(call, touched, attributeMethod);
        if (method == "hard")
        {
            // In all VOs: this is how an import in hard mode loses the storages of others.
            var ids = await call.Db.QueryAsync("SELECT id FROM rses r WHERE NOT deleted AND id <> ALL($1) AND NOT EXISTS (SELECT 1 FROM rse_usage u WHERE u.rse_id = r.id AND u.source = 'rucio' AND u.used <> 0)",
                r => r.GetGuid(0), touched.Select(t => t.Id).ToArray());
            await RseViews.SoftDeleteAsync(call.Db, [.. ids]);
        }
    }

    private static async Task ProtocolsAsync(Call call, IReadOnlyList<(Guid Id, string Name, JsonObject Document)> rses, string method)
    {
        var existing = (await call.Db.DocumentsAsync("SELECT to_jsonb(p)::text FROM rse_protocols p WHERE rse_id = ANY($1)", rses.Select(r => r.Id).ToArray()))
            .ToLookup(p => p["rse_id"]!.GetValue<Guid>());
        List<JsonObject> rows = [];
        foreach (var (id, name, document) in rses)
        {
            if (document["protocols"] is not JsonArray { Count: > 0 } protocols)
                continue;
            var old = existing[id].ToDictionary(ProtocolRows.Key);
            HashSet<(string, string, string)> seen = [];
            foreach (var protocol in protocols.Select(p => p!.AsObject()))
            {
                if (((string[])["scheme", "hostname", "port"]).FirstOrDefault(k => !protocol.ContainsKey(k)) is { } missing)
                    throw new PythonException($"'{missing}'");
                var key = ProtocolRows.Key(protocol);
                if (!old.TryGetValue(key, out var row))
                {
                    rows.Add(seen.Add(key) ? ProtocolRows.New(id, protocol) : throw ProtocolViews.Duplicate(name, key));
                    continue;
                }
                seen.Add(key);
                if (method == "append")
                    continue;
                foreach (var (column, value) in ProtocolRows.Flat(protocol))
                    row[column] = value?.DeepClone();
                rows.Add(row);
            }
            if (method == "hard")
            {
                foreach (var (scheme, host, port) in old.Keys.Where(k => !seen.Contains(k)))
                    await call.Db.ExecuteAsync("DELETE FROM rse_protocols WHERE rse_id = $1 AND scheme = $2 AND hostname = $3 AND port = $4::text::int", id, scheme, host, port);
            }
        }
        if (rows.Count > 0)
        {
            await call.Db.InsertAsync("rse_protocols", ProtocolRows.Columns, rows.Select(r => r.DeepClone().AsObject()),
                $"ON CONFLICT (rse_id, scheme, hostname, port) DO UPDATE SET updated_at = excluded.updated_at{string.Concat(ProtocolRows.Columns.Skip(4).Select(c => $", \"{c}\" = excluded.\"{c}\""))}");
        }
    }

    private static async Task AttributesAsync(Call call, IReadOnlyList<(Guid Id, string Name, JsonObject Document)> rses, string method)
    {
        List<(Guid, string, string?)> attributes = [];
        foreach (var (id, _, document) in rses)
        {
            if (document.ContainsKey("attributes") && document["attributes"] is null)
                throw new PythonException("'NoneType' object does not support item assignment");
            // These two are properties of the document and win over attributes of that name, even when absent.
            var wanted = (document["attributes"] as JsonObject ?? []).Where(a => a.Key is not ("lfn2pfn_algorithm" or "verify_checksum"))
                .Append(new("lfn2pfn_algorithm", document["lfn2pfn_algorithm"])).Append(new("verify_checksum", document["verify_checksum"]));
            attributes.AddRange(wanted.Where(a => a.Value is not null).Select(a => (id, a.Key, RseTable.AttributeText(a.Value))));
        }
        if (method == "hard")
        {
            var keep = attributes.ToLookup(a => a.Item1, a => a.Item2);
            foreach (var (id, name, _) in rses)
                await call.Db.ExecuteAsync("DELETE FROM rse_attr_map WHERE rse_id = $1 AND key <> ALL($2)", id, keep[id].Append(name).ToArray());
        }
        if (method == "append")
            await RseTable.SetAttributesAsync(call.Db, attributes, "NOTHING");
        else
            await RseTable.SetAttributesAsync(call.Db, attributes);
    }

    private static async Task DistancesAsync(Call call, JsonObject document)
    {
        var pairs = document.SelectMany(s => s.Value!.AsObject().Select(d => (Source: s.Key, Destination: d.Key, Value: d.Value!.AsObject()))).ToList();
        var ids = await RseTable.IdsAsync(call, pairs.Select(p => p.Source).Concat(pairs.Select(p => p.Destination)).Concat(document.Select(s => s.Key)));
        await call.Db.InsertAsync("distances", ["src_rse_id", "dest_rse_id", "distance"], pairs.Select(p => new JsonObject
        {
            ["src_rse_id"] = ids[p.Source],
            ["dest_rse_id"] = ids[p.Destination],
            ["distance"] = (p.Value.ContainsKey("distance") ? p.Value["distance"] : p.Value["ranking"])?.DeepClone(),
        }), "ON CONFLICT (src_rse_id, dest_rse_id) DO UPDATE SET distance = excluded.distance, updated_at = excluded.updated_at");
    }

    private static async Task AccountsAsync(Call call, JsonArray accounts)
    {
        var wanted = accounts.Select(a => a!.AsObject()).ToDictionary(a => call.Account(PythonJson.Str(a["account"])!).Internal);
        var existing = await call.Db.QueryAsync("SELECT account FROM accounts WHERE account LIKE $1 AND status = 'ACTIVE'", r => r.GetString(0), call.Account("%").Internal);
        foreach (var (name, account) in wanted)
        {
            if (!account.ContainsKey("email"))
                throw new PythonException("'email'");
            var email = PythonJson.Str(account["email"]);
            if (!existing.Contains(name))
                await AccountViews.InsertAsync(call.Db, InternalAccount.FromInternal(name), "USER", email);
            else if (!string.IsNullOrEmpty(email))
                await call.Db.ExecuteAsync($"UPDATE accounts SET email = $2, updated_at = {Session.Now} WHERE account = $1", name, email);
        }
        await call.Db.ExecuteAsync($"UPDATE accounts SET status = 'DELETED', deleted_at = {Session.Now}, updated_at = {Session.Now} WHERE account = ANY($1)",
            (object)existing.Where(e => !wanted.ContainsKey(e) && !InternalAccount.FromInternal(e).IsRoot).ToArray());
    }

    private static List<(Guid, string, string?)> Last(IEnumerable<(Guid Rse, string Key, string?)> attributes) =>
        [.. attributes.GroupBy(a => (a.Rse, a.Key)).Select(g => g.Last())];

    private static Guid Id(JsonObject row) => row["id"]!.GetValue<Guid>();
}
