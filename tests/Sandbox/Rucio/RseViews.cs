using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

internal static class RseViews
{
    public static readonly Route[] Routes =
    [
        new("GET", "/rses/", ListAsync, "InvalidRSEExpression=400 InvalidObject=400", Route.Stream),
        new("POST", "/rses/<rse>", AddAsync, "InvalidObject=400 AccessDenied=401 RSENotFound=404 Duplicate=409"),
        new("PUT", "/rses/<rse>", UpdateAsync, "InvalidObject=400 InputValidationError=400 AccessDenied=401 RSENotFound=404 Duplicate=409"),
        new("GET", "/rses/<rse>", GetAsync, "RSENotFound=404", Route.Json),
        new("DELETE", "/rses/<rse>", DeleteAsync, "RSENotFound=404 RSEOperationNotSupported=404 CounterNotFound=404 AccessDenied=401"),
        new("GET", "/rses/<rse>/attr/", AttributesAsync, "AccessDenied=401 RSENotFound=404", Route.Json),
        new("POST", "/rses/<rse>/attr/<key>", SetAttributeAsync, "AccessDenied=401 Duplicate=409 RSENotFound=404"),
        new("DELETE", "/rses/<rse>/attr/<key>", DeleteAttributeAsync, "AccessDenied=401 RSENotFound=404 RSEAttributeNotFound=404"),
        .. ProtocolViews.Routes,
        .. PathViews.Routes,
        .. DistanceViews.Routes,
        .. RseUsageViews.Routes,
    ];

    private static async Task<Answer> ListAsync(Call call)
    {
        if (call.Query("expression") is { Length: > 0 } expression)
            return Answer.Stream((await RseExpressions.EvaluateAsync(call.Db, call.Vo, expression)).Select(r => new Row { ["rse"] = r.Name }));
        var rows = await call.Db.DocumentsAsync("SELECT to_jsonb(r)::text FROM rses r WHERE vo = $1 AND NOT deleted ORDER BY rse", call.Vo);
        return Answer.Stream(rows.Select(WithBits));
    }

    private static async Task<Answer> GetAsync(Call call) => Answer.Json(WithBits(await InfoAsync(call)));

    /// <summary>The RSE with its protocols; a deleted one is found by name and then not found by id.</summary>
    public static async Task<Row> InfoAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        var rows = await call.Db.DocumentsAsync("SELECT to_jsonb(r)::text FROM rses r WHERE id = $1 AND NOT deleted", id);
        if (rows is not [var row])
            throw new RucioException("RSENotFound", $"RSE with id '{id:N}' cannot be found");
        var protocols = await call.Db.DocumentsAsync("SELECT to_jsonb(p)::text FROM rse_protocols p WHERE rse_id = $1 ORDER BY hostname COLLATE \"C\", scheme COLLATE \"C\", port", id);
        return RseTable.Info(row, await RseTable.AttributesAsync(call.Db, id), [.. protocols.Select(ProtocolRows.Document)]);
    }

    private static Row WithBits(JsonObject row) => WithBits(RseTable.Document(row));

    private static Row WithBits(Row document)
    {
        document["availability"] = RseTable.Bits(Is("availability_read"), Is("availability_write"), Is("availability_delete"));
        return document;

        bool Is(string key) => ((JsonNode)document[key]!).GetValue<bool>();
    }

    private static async Task<Answer> AddAsync(Call call)
    {
        var document = call.Parameters(optional: true);
        if (document.ContainsKey("availability"))
        {
            if (document.ContainsKey("availability_read") || document.ContainsKey("availability_write") || document.ContainsKey("availability_delete"))
                throw new AbortException(422, "InputValidationError", "'availability' can not be specified with 'availability_read', 'availability_write' or 'availability_delete'");
            foreach (var (key, value) in RseTable.Changes(new JsonObject { ["availability"] = document["availability"]?.DeepClone() }))
                document[key] = value?.DeepClone();
        }
        Schemas.Rse(call["rse"]);
        await Permissions.RequireAsync(call, "add_rse", $"Account {call.Issuer.External} can not add RSE");
        await InsertAsync(call.Db, [RseTable.NewRow(call["rse"], call.Vo, document)]);
        return Answer.Created;
    }

    /// <summary>With what belongs to a new RSE: the attribute of its own name, its settings as attributes, a usage counter.</summary>
    public static async Task InsertAsync(Session db, IReadOnlyList<JsonObject> rows)
    {
        try
        {
            await db.InsertAsync("rses", RseTable.Columns, rows);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("Duplicate", $"RSE '{rows[0]["rse"]}' already exists!");
        }
        List<(Guid, string, string?)> attributes = [];
        foreach (var row in rows)
        {
            var id = row["id"]!.GetValue<Guid>();
            attributes.Add((id, row["rse"]!.GetValue<string>(), "true"));
            attributes.AddRange(RseTable.Settings.Where(s => PythonJson.Str(row[s]) is { Length: > 0 }).Select(s => (id, s, RseTable.AttributeText(row[s]))));
        }
        await RseTable.SetAttributesAsync(db, attributes);
        await db.ExecuteAsync($"INSERT INTO rse_usage SELECT id, 'rucio', 0, NULL, 0, {Session.Now}, {Session.Now} FROM unnest($1::uuid[]) id", rows.Select(r => r["id"]!.GetValue<Guid>()).ToArray());
    }

    private static async Task<Answer> UpdateAsync(Call call)
    {
        var parameters = call.Parameters(optional: true);
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "update_rse", $"Account {call.Issuer.External} can not update RSE");
        if (parameters.FirstOrDefault(p => !RseTable.Mutable.Contains(p.Key)) is { Key: { } unknown })
            throw new RucioException("InputValidationError", $"The key '{unknown}' does not exist for RSE properties.");
        var changes = RseTable.Changes(parameters);
        await call.Db.UpdateAsync("rses", changes, "t.id = $2", id);
        List<(Guid, string, string?)> attributes = [.. RseTable.Settings.Where(changes.ContainsKey).Select(s => (id, s, RseTable.AttributeText(changes[s])))];
        if (PythonJson.Str(changes["rse"]) is { } name && name != call["rse"])
        {
            attributes.Add((id, name, "true"));
            await call.Db.ExecuteAsync("DELETE FROM rse_attr_map WHERE rse_id = $1 AND key = $2", id, call["rse"]);
        }
        await RseTable.SetAttributesAsync(call.Db, attributes);
        return Answer.Created;
    }

    private static async Task<Answer> DeleteAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "del_rse", $"Account {call.Issuer.External} can not delete RSE");
        if (!await call.Db.ExistsAsync("SELECT 1 FROM rses WHERE id = $1 AND NOT deleted", id))
            throw new RucioException("RSENotFound", $"RSE with id '{id:N}' cannot be found");
        // Emptiness is what the counter says, and the counter lags behind the replicas.
        if (await call.Db.ExistsAsync("SELECT 1 FROM rse_usage WHERE rse_id = $1 AND source = 'rucio' AND used <> 0", id))
            throw new RucioException("RSEOperationNotSupported", $"RSE '{call["rse"]}' is not empty");
        await SoftDeleteAsync(call.Db, [id]);
        return Answer.Ok;
    }

    public static async Task SoftDeleteAsync(Session db, Guid[] ids)
    {
        await db.ExecuteAsync("DELETE FROM rse_attr_map a USING rses r WHERE r.id = ANY($1) AND a.rse_id = r.id AND a.key = r.rse", ids);
        await db.ExecuteAsync($"UPDATE rses SET deleted = true, deleted_at = {Session.Now}, updated_at = {Session.Now} WHERE id = ANY($1)", ids);
    }

    private static async Task<Answer> AttributesAsync(Call call) => Answer.Json(await RseTable.AttributesAsync(call.Db, await RseTable.IdAsync(call, call["rse"])));

    private static async Task<Answer> SetAttributeAsync(Call call)
    {
        var value = Call.Required(call.Parameters(), "value");
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "add_rse_attribute", $"Account {call.Issuer.External} can not add RSE attributes");
        await RseTable.SetAttributesAsync(call.Db, [(id, call["key"], RseTable.AttributeText(value))]);
        return Answer.Created;
    }

    private static async Task<Answer> DeleteAttributeAsync(Call call)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, "del_rse_attribute", $"Account {call.Issuer.External} can not delete RSE attributes");
        return await call.Db.ExecuteAsync("DELETE FROM rse_attr_map WHERE rse_id = $1 AND key = $2", id, call["key"]) > 0
            ? Answer.Ok
            : throw new RucioException("RSEAttributeNotFound", $"RSE attribute '{call["key"]}' cannot be found");
    }
}
