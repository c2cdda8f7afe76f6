namespace RucioOperator.Sandbox.Rucio;

internal static class ExportViews
{
    public static readonly Route[] Routes = [new("GET", "/export", ExportAsync, "", Route.Json), new("GET", "/export/", ExportAsync, "", Route.Json)];

    private static readonly string[] NotExported = ["continent", "ASN", "ISP", "deleted", "deleted_at"];

    private static async Task<Answer> ExportAsync(Call call)
    {
        await Permissions.RequireAsync(call, "export", $"Account {call.Issuer.External} can not export data");
        const string ofVo = "JOIN rses r ON r.id = t.rse_id WHERE r.vo = $1 AND NOT r.deleted";
        var rows = await call.Db.DocumentsAsync("SELECT to_jsonb(r)::text FROM rses r WHERE vo = $1 AND NOT deleted ORDER BY rse", call.Vo);
        var attributes = (await call.Db.QueryAsync($"SELECT t.rse_id, t.key, t.value FROM rse_attr_map t {ofVo} ORDER BY t.key", r => (Rse: r.GetGuid(0), Key: r.GetString(1), Value: RseTable.AttributeValue(r[2] as string)), call.Vo)).ToLookup(a => a.Rse);
        var protocols = (await call.Db.DocumentsAsync($"SELECT to_jsonb(t)::text FROM rse_protocols t {ofVo} ORDER BY hostname COLLATE \"C\", scheme COLLATE \"C\", port", call.Vo)).ToLookup(p => p["rse_id"]!.GetValue<Guid>());
        var limits = (await call.Db.QueryAsync($"SELECT t.rse_id, t.value FROM rse_limits t {ofVo} AND t.name = 'MinFreeSpace'", r => (r.GetGuid(0), r.GetInt64(1)), call.Vo)).ToDictionary(l => l.Item1, l => l.Item2);

        var rses = new Row();
        foreach (var row in rows)
        {
            var id = row["id"]!.GetValue<Guid>();
            var document = RseTable.Document(row);
            foreach (var column in NotExported)
                document.Remove(column);
            var own = attributes[id].ToDictionary(a => a.Key, a => a.Value);
            document["attributes"] = own;
            foreach (var (key, value) in RseTable.Info(row, own, [.. protocols[id].Select(ProtocolRows.Document)]).Where(p => p.Key is "lfn2pfn_algorithm" or "verify_checksum" or "credentials" or "protocols"))
                document[key] = value;
            document["MinFreeSpace"] = limits.TryGetValue(id, out var limit) ? limit : null;
            rses[row["rse"]!.GetValue<string>()] = document;
        }
        var answer = new Row { ["rses"] = rses };
        if (call.Query("distance")?.ToLowerInvariant() is not ("false" or "0"))
            answer["distances"] = await DistancesAsync(call);
        return Answer.Json(answer);
    }

    private static async Task<Row> DistancesAsync(Call call)
    {
        var rows = await call.Db.QueryAsync("""
            SELECT d.src_rse_id, d.dest_rse_id, d.distance, d.created_at, d.updated_at, s.rse, t.rse FROM distances d
            JOIN rses s ON s.id = d.src_rse_id JOIN rses t ON t.id = d.dest_rse_id WHERE s.vo = $1 AND t.vo = $1 ORDER BY s.rse, t.rse
            """, r => (Row: DistanceViews.Document(r), Source: r.GetString(5), Destination: r.GetString(6)), call.Vo);
        var answer = new Row();
        foreach (var source in rows.GroupBy(r => r.Source))
            answer[source.Key] = source.Select(d => KeyValuePair.Create<string, object?>(d.Destination, d.Row)).ToList();
        return answer;
    }
}
