using NUnit.Framework;

namespace RucioOperator.Tests.Contract;

/// <summary>Rucio's own daemons, for one cycle of work on the running server's catalogue.</summary>
internal static class RucioDaemon
{
    public static void Require(bool live)
    {
        if (!live || Environment.GetEnvironmentVariable("RUCIO_TEST_DAEMON_CONFIG") is not { Length: > 0 })
            Assert.Ignore(ContractBed.NeedsLive + ", and RUCIO_TEST_DAEMON_CONFIG, a rucio.cfg for daemons of that server");
        Desired.Python.RequireRucio();
    }

    public static async Task RunOnceAsync(string name, params string[] arguments)
    {
        using var daemon = Desired.Python.Start(Path.Combine(Desired.Python.RequireRucio(), "bin", name), ["--run-once", .. arguments],
            [("RUCIO_CONFIG", Environment.GetEnvironmentVariable("RUCIO_TEST_DAEMON_CONFIG")!), ("PYTHONPATH", Sandbox.Repository.Path("operator", "Desired", "TenantPolicy"))]);
        daemon.StandardInput.Close();
        var log = daemon.StandardError.ReadToEndAsync();
        await daemon.StandardOutput.ReadToEndAsync();
        await daemon.WaitForExitAsync();
        Assert.That(daemon.ExitCode, Is.Zero, await log);
    }
}
