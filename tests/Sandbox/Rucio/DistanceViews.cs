using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

internal static class DistanceViews
{
    public static readonly Route[] Routes =
    [
        new("GET", "/rses/<source>/distances/<destination>", GetAsync, "RSENotFound=404", Route.Json),
        new("POST", "/rses/<source>/distances/<destination>", AddAsync, "AccessDenied=401 RSENotFound=404 Duplicate=409"),
        new("PUT", "/rses/<source>/distances/<destination>", UpdateAsync, "AccessDenied=401 RSENotFound=404"),
        new("DELETE", "/rses/<source>/distances/<destination>", DeleteAsync, "AccessDenied=401 RSENotFound=404"),
    ];

    public static Row Document(NpgsqlDataReader r)
    {
        object? distance = r[2] is int d ? d : null;
        return new() { ["src_rse_id"] = r.GetGuid(0), ["dest_rse_id"] = r.GetGuid(1), ["distance"] = distance, ["ranking"] = distance, ["created_at"] = r.GetDateTime(3), ["updated_at"] = r.GetDateTime(4) };
    }

    private static async Task<Answer> GetAsync(Call call)
    {
        var (source, destination) = await EndsAsync(call);
        return Answer.Json(await call.Db.QueryAsync("SELECT * FROM distances WHERE src_rse_id = $1 AND dest_rse_id = $2", r =>
        {
            var row = Document(r);
            (row["src_rse"], row["dest_rse"]) = (call["source"], call["destination"]);
            return row;
        }, source, destination));
    }

    private static async Task<Answer> AddAsync(Call call)
    {
        var (distance, both) = Arguments(call);
        await Permissions.RequireAsync(call, "add_distance", $"Account {call.Issuer.External} can not add RSE distances");
        var (source, destination) = await EndsAsync(call);
        try
        {
            await call.Db.InsertAsync("distances", ["src_rse_id", "dest_rse_id", "distance"], Pairs(source, destination, both).Select(p =>
                new JsonObject { ["src_rse_id"] = p.Source, ["dest_rse_id"] = p.Destination, ["distance"] = distance?.DeepClone() }));
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RucioException("Duplicate", $"Distance from {call["source"]} to {call["destination"]} already exists!");
        }
        catch (PostgresException e)
        {
            throw new RucioException("RucioException", e.MessageText);
        }
        return Answer.Created;
    }

    /// <summary>Changes nothing, and says 200, where there is no row.</summary>
    private static async Task<Answer> UpdateAsync(Call call)
    {
        var (distance, both) = Arguments(call);
        await Permissions.RequireAsync(call, "update_distance", $"Account {call.Issuer.External} can not update RSE distances");
        var (source, destination) = await EndsAsync(call);
        foreach (var pair in Pairs(source, destination, both))
            await call.Db.UpdateAsync("distances", new JsonObject { ["distance"] = distance?.DeepClone() }, "t.src_rse_id = $2 AND t.dest_rse_id = $3", pair.Source, pair.Destination);
        return Answer.Ok;
    }

    private static async Task<Answer> DeleteAsync(Call call)
    {
        await Permissions.RequireAsync(call, "delete_distance", $"Account {call.Issuer.External} can not update RSE distances");
        var (source, destination) = await EndsAsync(call);
        foreach (var pair in Pairs(source, destination, call.Query("bidirectional")?.ToLowerInvariant() is "true" or "1"))
            await call.Db.ExecuteAsync("DELETE FROM distances WHERE src_rse_id = $1 AND dest_rse_id = $2", pair.Source, pair.Destination);
        return Answer.Text(200, "Deleted");
    }

    private static (JsonNode? Distance, bool Both) Arguments(Call call)
    {
        var parameters = call.Parameters();
        return (parameters["distance"] ?? parameters["ranking"], Call.Flag(parameters, "bidirectional", false));
    }

    private static IEnumerable<(Guid Source, Guid Destination)> Pairs(Guid source, Guid destination, bool both) =>
        both ? [(source, destination), (destination, source)] : [(source, destination)];

    private static async Task<(Guid, Guid)> EndsAsync(Call call)
    {
        var ids = await RseTable.IdsAsync(call, [call["source"], call["destination"]]);
        return (ids[call["source"]], ids[call["destination"]]);
    }
}
