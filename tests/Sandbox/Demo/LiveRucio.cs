using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Demo;

/// <summary>
/// A Rucio server that is already running, named by RUCIO_TEST_URL (admin endpoints) and RUCIO_TEST_DB (a connection string of
/// the schema's owner; Search Path names the schema). It must find the operator's tenant policy on its PYTHONPATH.
/// </summary>
public sealed record LiveRucio(Uri Url, Uri PublicUrl, NpgsqlConnectionStringBuilder Database)
{
    /// <summary>Null: the stand-in serves.</summary>
    public static LiveRucio? FromEnvironment()
    {
        var (url, database) = (Environment.GetEnvironmentVariable("RUCIO_TEST_URL"), Environment.GetEnvironmentVariable("RUCIO_TEST_DB"));
        return url is { Length: > 0 } && database is { Length: > 0 }
            ? new(new Uri(url), new Uri(Environment.GetEnvironmentVariable("RUCIO_TEST_PUBLIC_URL") ?? url), new NpgsqlConnectionStringBuilder(database))
            : null;
    }

    public string Schema => Database.SearchPath is { Length: > 0 } path ? path : "rucio";

    /// <summary>Each demo is a cluster of its own, and the one before, which may have been killed, is no more.</summary>
    public async Task ForgetOwnerAsync()
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Database.ConnectionString) { SearchPath = Schema }.ConnectionString);
        await connection.OpenAsync();
        await using var delete = new NpgsqlCommand("DELETE FROM configs WHERE section = 'rucio-operator' AND opt = 'owner'", connection);
        await delete.ExecuteNonQueryAsync();
    }

    /// <summary>Turns a sample's instance into one on this server's catalogue.</summary>
    public void Use(JsonObject instance) => instance["spec"]!["database"] = new JsonObject
    {
        ["existing"] = new JsonObject
        {
            ["host"] = Database.Host,
            ["port"] = Database.Port,
            ["name"] = Database.Database,
            ["schema"] = Schema,
            ["sslMode"] = "Disable",
            ["credentialsSecretRef"] = new JsonObject { ["name"] = "postgres-admin" },
        },
    };
}
