using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>RSEs, their attributes and protocols as rows; whole sets at once, because imports come in sets.</summary>
internal static class RseTable
{
    public static readonly string[] Columns =
    [
        "id", "rse", "vo", "rse_type", "deterministic", "volatile", "staging_area", "city", "region_code", "country_name", "continent", "time_zone", "ISP", "ASN",
        "longitude", "latitude", "availability", "availability_read", "availability_write", "availability_delete", "qos_class", "deleted", "deleted_at",
    ];

    /// <summary>Columns that are attributes as well.</summary>
    public static readonly string[] Settings = ["continent", "city", "region_code", "country_name", "time_zone", "ISP", "ASN"];

    public static readonly string[] Mutable =
    [
        "name", "availability_read", "availability_write", "availability_delete", "latitude", "longitude", "time_zone", "rse_type", "volatile", "deterministic",
        "region_code", "country_name", "city", "staging_area", "qos_class", "continent", "availability",
    ];

    /// <summary>Finds deleted ones too, as nearly every view of Rucio does.</summary>
    public static async Task<Guid> IdAsync(Call call, string name) =>
        await call.Db.ScalarAsync<Guid?>("SELECT id FROM rses WHERE rse = $1 AND vo = $2", name, call.Vo) ?? throw RucioException.NoSuchRse(name, call.Vo);

    public static async Task<Dictionary<string, Guid>> IdsAsync(Call call, IEnumerable<string> names)
    {
        var wanted = names.Distinct().ToArray();
        var ids = (await call.Db.QueryAsync("SELECT rse, id FROM rses WHERE vo = $1 AND rse = ANY($2)", r => (r.GetString(0), r.GetGuid(1)), call.Vo, wanted)).ToDictionary(r => r.Item1, r => r.Item2);
        return wanted.FirstOrDefault(name => !ids.ContainsKey(name)) is { } missing ? throw RucioException.NoSuchRse(missing, call.Vo) : ids;
    }

    /// <summary>A row for an RSE that does not exist yet; null in the document means the default.</summary>
    public static JsonObject NewRow(string name, string vo, JsonObject document)
    {
        if (document["rse_type"] is { } type && PythonJson.Str(type) is not ("DISK" or "TAPE"))
            throw new PythonException($"'{PythonJson.Str(type)}' is not a valid RSEType");
        var row = new JsonObject();
        foreach (var column in Columns)
            row[column] = document[column]?.DeepClone();
        var (read, write, delete) = (Flag("availability_read", true), Flag("availability_write", true), Flag("availability_delete", true));
        row["id"] = Guid.NewGuid();
        row["rse"] = name;
        row["vo"] = vo;
        row["rse_type"] ??= "DISK";
        row["deterministic"] ??= true;
        row["volatile"] ??= false;
        row["staging_area"] ??= false;
        (row["availability_read"], row["availability_write"], row["availability_delete"]) = (read, write, delete);
        row["availability"] = Bits(read, write, delete);
        row["qos_class"] = null;
        row["deleted"] = false;
        row["deleted_at"] = null;
        return row;

        bool Flag(string column, bool fallback) => row[column] is JsonValue v && v.TryGetValue<bool>(out var b) ? b : fallback;
    }

    /// <summary>Columns and attributes that a change of mutable properties sets.</summary>
    public static JsonObject Changes(JsonObject properties)
    {
        var changes = new JsonObject();
        if (properties["availability"] is { } bits)
        {
            var n = (int)bits.GetValue<double>();
            (changes["availability_read"], changes["availability_write"], changes["availability_delete"]) = ((n & 4) != 0, (n & 2) != 0, (n & 1) != 0);
        }
        foreach (var (key, value) in properties)
            changes[key == "name" ? "rse" : key] = value?.DeepClone();
        if (PythonJson.Str(changes["qos_class"])?.ToLowerInvariant() is "" or "none" or "null")
            changes["qos_class"] = null;
        return changes;
    }

    public static int Bits(bool read, bool write, bool delete) => (read ? 4 : 0) + (write ? 2 : 0) + (delete ? 1 : 0);

    public static Task<int> SetAttributesAsync(Session db, IReadOnlyCollection<(Guid Rse, string Key, string? Value)> attributes, string onConflict = "UPDATE SET value = excluded.value, updated_at = excluded.updated_at") =>
        attributes.Count == 0 ? Task.FromResult(0) : db.ExecuteAsync(
            $"INSERT INTO rse_attr_map SELECT *, {Session.Now}, {Session.Now} FROM unnest($1::uuid[], $2::text[], $3::text[]) ON CONFLICT (rse_id, key) DO {onConflict}",
            attributes.Select(a => a.Rse).ToArray(), attributes.Select(a => a.Key).ToArray(), attributes.Select(a => a.Value).ToArray());

    public static async Task<Dictionary<string, object?>> AttributesAsync(Session db, Guid rse) =>
        (await db.QueryAsync("SELECT key, value FROM rse_attr_map WHERE rse_id = $1 ORDER BY key", r => (Key: r.GetString(0), Value: r[1] as string), rse))
            .ToDictionary(a => a.Key, a => AttributeValue(a.Value));

    /// <summary>The column holds text; true and false survive in any case, all else becomes its Python text.</summary>
    public static string? AttributeText(JsonNode? value) => PythonJson.Str(value) is { } text
        ? text.Equals("true", StringComparison.OrdinalIgnoreCase) ? "true" : text.Equals("false", StringComparison.OrdinalIgnoreCase) ? "false" : text
        : null;

    public static object? AttributeValue(string? text) => text switch
    {
        not null when text.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
        not null when text.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
        _ => text,
    };

    /// <summary>A row of rses as it appears in lists and exports.</summary>
    public static Row Document(JsonObject row)
    {
        var document = new Row();
        foreach (var (key, value) in row)
        {
            if (key == "id")
                document[key] = value!.GetValue<Guid>();
            else if (key.EndsWith("_at") && value is not null)
                document[key] = DateTime.Parse(value.GetValue<string>(), CultureInfo.InvariantCulture);
            else
                document[key] = value;
        }
        return document;
    }

    /// <summary>Settings and protocols of one RSE: the answer of GET /rses/&lt;rse&gt;.</summary>
    public static Row Info(JsonObject rse, IReadOnlyDictionary<string, object?> attributes, IReadOnlyList<Row> protocols) => new()
    {
        ["id"] = rse["id"]!.GetValue<Guid>(),
        ["rse"] = rse["rse"],
        ["rse_type"] = rse["rse_type"],
        ["availability_read"] = rse["availability_read"],
        ["availability_write"] = rse["availability_write"],
        ["availability_delete"] = rse["availability_delete"],
        ["deterministic"] = rse["deterministic"],
        ["volatile"] = rse["volatile"],
        ["staging_area"] = rse["staging_area"],
        ["qos_class"] = rse["qos_class"],
        ["credentials"] = null,
        ["domain"] = new[] { "lan", "wan" },
        ["lfn2pfn_algorithm"] = attributes.GetValueOrDefault("lfn2pfn_algorithm") is { } a and not "" ? a : "hash",
        ["verify_checksum"] = attributes.GetValueOrDefault("verify_checksum") ?? true,
        ["sign_url"] = attributes.GetValueOrDefault("sign_url"),
        ["protocols"] = protocols,
    };

    public static Row UsageDocument(NpgsqlDataReader r, string name) => new()
    {
        ["rse_id"] = r.GetGuid(0),
        ["source"] = r.GetString(1),
        ["used"] = r[2] is long used ? used : null,
        ["free"] = r[3] is long free ? free : null,
        ["total"] = (r[2] is long u ? u : 0) + (r[3] is long f ? f : 0),
        ["files"] = r[4] is long files ? files : null,
        ["updated_at"] = r.GetDateTime(5),
        ["rse"] = name,
    };
}
