using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Protocols between their nested form in documents and their flat row.</summary>
internal static class ProtocolRows
{
    public static readonly string[] Columns =
    [
        "rse_id", "scheme", "hostname", "port", "prefix", "impl", "read_lan", "write_lan", "delete_lan", "read_wan", "write_wan", "delete_wan",
        "third_party_copy_read", "third_party_copy_write", "extended_attributes",
    ];

    private static readonly string[] Operations = ["read", "write", "delete", "third_party_copy_read", "third_party_copy_write"];

    public static (string Scheme, string Host, string Port) Key(JsonObject row) =>
        (PythonJson.Str(row["scheme"])!, PythonJson.Str(row["hostname"])!, PythonJson.Str(row["port"])!);

    /// <summary>A complete row for a protocol that is to be added.</summary>
    public static JsonObject New(Guid rse, JsonObject document)
    {
        var row = Flat(document, keepEmptyExtras: false);
        row["rse_id"] = rse;
        row["hostname"] ??= "localhost";
        row["port"] ??= 0;
        if (PythonJson.Str(row["scheme"]) == "srm" && PythonJson.Str(row["extended_attributes"])?.Contains("web_service_path") != true)
            throw new RucioException("InvalidObject", "Missing values! For SRM, extended_attributes and web_service_path must be specified");
        return row["impl"] is null ? throw new RucioException("InvalidObject", "Missing values!") : row;
    }

    /// <summary>Only the columns that the document names.</summary>
    public static JsonObject Flat(JsonObject document, bool keepEmptyExtras = true)
    {
        var row = new JsonObject();
        foreach (var (key, value) in document)
        {
            if (key == "domains")
                Spread(value as JsonObject ?? [], row);
            else if (key == "extended_attributes")
                row[key] = keepEmptyExtras || IsTruthy(value) ? value?.ToJsonString() ?? "null" : null;
            else if (Columns.Contains(key))
                row[key] = value?.DeepClone();
        }
        return row;
    }

    public static Row Document(JsonObject row) => new()
    {
        ["hostname"] = row["hostname"],
        ["scheme"] = row["scheme"],
        ["port"] = row["port"],
        ["prefix"] = PythonJson.Str(row["prefix"]) ?? "",
        ["impl"] = row["impl"],
        ["domains"] = new Row
        {
            ["lan"] = new Row { ["read"] = row["read_lan"], ["write"] = row["write_lan"], ["delete"] = row["delete_lan"] },
            ["wan"] = new Row
            {
                ["read"] = row["read_wan"],
                ["write"] = row["write_wan"],
                ["delete"] = row["delete_wan"],
                ["third_party_copy_read"] = row["third_party_copy_read"],
                ["third_party_copy_write"] = row["third_party_copy_write"],
            },
        },
        ["extended_attributes"] = Extras(PythonJson.Str(row["extended_attributes"])),
    };

    private static void Spread(JsonObject domains, JsonObject row)
    {
        foreach (var (domain, operations) in domains)
        {
            if (domain is not ("lan" or "wan"))
                throw new RucioException("RSEProtocolDomainNotSupported", $"The protocol domain '{domain}' is not defined in the schema.");
            foreach (var (operation, priority) in operations as JsonObject ?? [])
            {
                if (!Operations.Contains(operation))
                    throw new RucioException("RSEOperationNotSupported", $"Operation '{operation}' not defined in schema.");
                // Only a whole JSON number will do: Python's 1.0 and True are not of type int.
                if (priority is not null && !(priority.GetValueKind() == JsonValueKind.Number && long.TryParse(priority.ToJsonString(), out var n) && n >= 0))
                    throw new RucioException("RSEProtocolPriorityError", $"The provided priority ({PythonJson.Str(priority)}) for operation '{operation}' in domain '{domain}' is not supported.");
                row[operation.StartsWith("third_party_copy") ? operation : $"{operation}_{domain}"] = priority?.DeepClone();
            }
        }
    }

    private static bool IsTruthy(JsonNode? value) => PythonJson.Str(value) is not (null or "" or "{}" or "[]" or "False" or "0");

    private static object? Extras(string? text)
    {
        try
        {
            return text is null ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
