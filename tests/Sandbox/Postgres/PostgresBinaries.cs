namespace RucioOperator.Sandbox.Postgres;

/// <summary>Where this machine keeps initdb and postgres, and as whom they may run (they refuse root).</summary>
public static class PostgresBinaries
{
    public const string HowToInstall = "PostgreSQL is not installed: run `apt-get install postgresql` (Debian, Ubuntu), or put initdb and postgres on PATH.";

    /// <summary>Null when PostgreSQL is not installed.</summary>
    public static string? FindDirectory() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(DistributionDirectories())
            .FirstOrDefault(directory => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres")));

    /// <summary>The account to switch to, or null when the current one will do.</summary>
    public static string? UnprivilegedUser()
    {
        if (Environment.UserName != "root")
            return null;
        var users = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet();
        return users.Contains("postgres") ? "postgres" : "nobody";
    }

    private static IEnumerable<string> DistributionDirectories()
    {
        const string root = "/usr/lib/postgresql";
        return Directory.Exists(root)
            ? Directory.GetDirectories(root).OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var n) ? n : 0).Select(d => Path.Combine(d, "bin"))
            : [];
    }
}
