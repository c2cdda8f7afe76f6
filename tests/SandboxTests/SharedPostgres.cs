using NUnit.Framework;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.SandboxTests;

/// <summary>One PostgreSQL for the whole test run, started by whoever asks first; its watcher removes it when the run ends.</summary>
public static class SharedPostgres
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(() => PostgresServer.StartAsync());

    /// <summary>Skips the test, saying what to install, where there is no PostgreSQL.</summary>
    public static Task<PostgresServer> ServerAsync()
    {
        if (PostgresBinaries.FindDirectory() is null)
            Assert.Ignore(PostgresBinaries.HowToInstall);
        return Server.Value;
    }
}
