using System.Collections.Concurrent;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Connection pools of the stand-in servers, shared by all that use one database.</summary>
internal sealed class StandInDatabases : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string, string?), NpgsqlDataSource> sources = new();

    public NpgsqlDataSource Source(string connectionString, string? schema) =>
        sources.GetOrAdd((connectionString, schema), key => Open(key.Item1, key.Item2));

    public void CloseIdle(IReadOnlySet<NpgsqlDataSource> except)
    {
        foreach (var source in sources.Values.Where(s => !except.Contains(s)))
            source.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in sources.Values)
            await source.DisposeAsync();
    }

    /// <summary>Unknown enum types are fine: everything goes in and out as text or JSON.</summary>
    internal static NpgsqlDataSource Open(string connectionString, string? schema)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 200, AutoPrepareMinUsages = 2, MaxPoolSize = 16 };
        if (schema is not null)
            settings.SearchPath = $"\"{schema}\"";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
