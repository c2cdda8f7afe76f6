using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

internal static class ProtocolViews
{
    private const string Changing = "RSEProtocolNotSupported=404 RSENotFound=404 RSEProtocolDomainNotSupported=404 InvalidObject=400 RSEProtocolPriorityError=409 Duplicate=409";
    private const string Deleting = "RSEProtocolNotSupported=404 RSENotFound=404";

    public static readonly Route[] Routes =
    [
        new("GET", "/rses/<rse>/protocols", ListAsync, "RSEOperationNotSupported=404 RSENotFound=404 RSEProtocolNotSupported=404", Route.Json),
        new("GET", "/rses/<rse>/protocols/<scheme>", async call => Answer.Json(await RseViews.InfoAsync(call)), "RSENotFound=404", Route.Json),
        new("POST", "/rses/<rse>/protocols/<scheme>", AddAsync, "RSENotFound=404 RSEProtocolDomainNotSupported=404 AccessDenied=401 Duplicate=409 RSEProtocolPriorityError=409 InvalidObject=400"),
        new("PUT", "/rses/<rse>/protocols/<scheme>", UpdateAsync, Changing),
        new("PUT", "/rses/<rse>/protocols/<scheme>/<hostname>", UpdateAsync, Changing),
        new("PUT", "/rses/<rse>/protocols/<scheme>/<hostname>/<port>", UpdateAsync, Changing),
        new("DELETE", "/rses/<rse>/protocols/<scheme>", DeleteAsync, Deleting),
        new("DELETE", "/rses/<rse>/protocols/<scheme>/<hostname>", DeleteAsync, Deleting),
        new("DELETE", "/rses/<rse>/protocols/<scheme>/<hostname>/<port>", DeleteAsync, Deleting),
    ];

    private static async Task<Answer> ListAsync(Call call) => (await RseViews.InfoAsync(call))["protocols"] is IReadOnlyList<Row> { Count: > 0 } protocols
        ? Answer.Json(protocols)
        : throw new RucioException("RSEProtocolNotSupported", "No protocols found for this RSE");

    private static async Task<Answer> AddAsync(Call call)
    {
        var document = call.Parameters();
        document["scheme"] = call["scheme"];
        var id = await LiveIdAsync(call, "add_protocol", "add protocols to");
        await InsertAsync(call.Db, call["rse"], [ProtocolRows.New(id, document)]);
        return Answer.Created;
    }

    public static async Task InsertAsync(Session db, string rse, IReadOnlyList<JsonObject> rows)
    {
        try
        {
            await db.InsertAsync("rse_protocols", ProtocolRows.Columns, rows);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw Duplicate(rse, ProtocolRows.Key(rows[0]));
        }
    }

    public static RucioException Duplicate(string rse, (string Scheme, string Host, string Port) key) =>
        new("Duplicate", $"Protocol '{key.Scheme}' on port {key.Port} already registered for  '{rse}' with hostname '{key.Host}'.");

    private static async Task<Answer> UpdateAsync(Call call)
    {
        var document = call.Parameters();
        var port = Port(call);
        var id = await LiveIdAsync(call, "update_protocol", "update protocols from", () => ProtocolRows.Flat(document));
        var (host, changes) = (call.Optional("hostname"), ProtocolRows.Flat(document));
        try
        {
            if (await call.Db.UpdateAsync("rse_protocols", changes, "t.rse_id = $2 AND t.scheme = $3 AND t.hostname = $4 AND t.port = $5", id, call["scheme"], host, port ?? -1) == 0)
                throw new RucioException("RSEProtocolNotSupported", $"RSE '{call["rse"]}' does not support protocol '{call["scheme"]}' for hostname '{host ?? "None"}' on port '{port?.ToString() ?? "None"}'");
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw Duplicate(call["rse"], (call["scheme"], host!, $"{port}"));
        }
        return Answer.Ok;
    }

    private static async Task<Answer> DeleteAsync(Call call)
    {
        var (host, port) = (call.Optional("hostname"), Port(call));
        var id = await LiveIdAsync(call, "del_protocol", "delete protocols from");
        return await call.Db.ExecuteAsync("DELETE FROM rse_protocols WHERE rse_id = $1 AND scheme = $2 AND ($3::text IS NULL OR hostname = $3) AND ($4::int IS NULL OR port = $4)", id, call["scheme"], host, port) > 0
            ? Answer.Ok
            : throw new RucioException("RSEProtocolNotSupported", $"RSE '{call["rse"]}' does not support protocol '{call["scheme"]}'{(host is null ? "" : $" for hostname '{host}'")}{(port is null ? "" : $" on port '{port}'")}");
    }

    private static int? Port(Call call) => call.Optional("port") is not { } text ? null
        : int.TryParse(text, out var port) ? port : throw new PythonException($"invalid literal for int() with base 10: '{text}'");

    /// <summary>Rucio looks at the document before it asks whether the RSE is deleted.</summary>
    private static async Task<Guid> LiveIdAsync(Call call, string action, string what, Action? check = null)
    {
        var id = await RseTable.IdAsync(call, call["rse"]);
        await Permissions.RequireAsync(call, action, $"Account {call.Issuer.External} can not {what} RSE {call["rse"]}");
        check?.Invoke();
        return await call.Db.ExistsAsync("SELECT 1 FROM rses WHERE id = $1 AND NOT deleted", id) ? id : throw new RucioException("RSENotFound", $"RSE id '{id:N}' not found");
    }
}
