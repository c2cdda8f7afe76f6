using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace RucioOperator.Sandbox.Postgres;

/// <summary>
/// A PostgreSQL cluster of its own on 127.0.0.1, made by initdb and gone with this process, even when that is killed:
/// a shell watches our end of its standard input and tidies up when it closes.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string SuperuserName = "postgres";
    public const string AdminName = "rucio_admin";

    private const string Watch = """
        trap : INT HUP TERM
        directory=$1; shift
        "$@" > "$directory/server.log" 2>&1 &
        server=$!
        cat > /dev/null
        kill -INT $server 2> /dev/null
        wait $server
        rm -rf "$directory"
        """;

    private readonly Process watcher;
    private readonly string directory;
    private int databases;

    private PostgresServer(Process watcher, string directory, int port, string caPem, string superuserPassword, string adminPassword)
    {
        (this.watcher, this.directory) = (watcher, directory);
        (Port, CaPem, SuperuserPassword, AdminPassword) = (port, caPem, superuserPassword, adminPassword);
    }

    public string Host => "127.0.0.1";

    public int Port { get; }

    /// <summary>The authority behind the server's certificate, which names localhost and 127.0.0.1.</summary>
    public string CaPem { get; }

    public string CaFile => Path.Combine(directory, "ca.crt");

    public string SuperuserPassword { get; }

    /// <summary>Password of <see cref="AdminName"/>, which has LOGIN, CREATEROLE and CREATEDB and nothing more.</summary>
    public string AdminPassword { get; }

    public string SuperuserConnectionString => ConnectionString(SuperuserName, SuperuserPassword);

    public string AdminConnectionString => ConnectionString(AdminName, AdminPassword);

    public string ConnectionString(string user, string password, string database = "postgres", SslMode ssl = SslMode.Disable) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = Host,
            Port = Port,
            Username = user,
            Password = password,
            Database = database,
            SslMode = ssl,
            RootCertificate = ssl >= SslMode.VerifyCA ? CaFile : null,
        }.ConnectionString;

    /// <summary>An empty database owned by the superuser; the answer is the superuser's connection string for it.</summary>
    public async Task<string> CreateDatabaseAsync(string? name = null, CancellationToken cancellation = default)
    {
        name ??= $"test_{Interlocked.Increment(ref databases)}";
        await ExecuteAsync($"CREATE DATABASE \"{name}\"", cancellation);
        return ConnectionString(SuperuserName, SuperuserPassword, name);
    }

    public static Task<PostgresServer> StartAsync(CancellationToken cancellation = default) => StartAsync(["localhost", "127.0.0.1"], 0, cancellation);

    /// <param name="hosts">Whom the certificate names.</param>
    /// <param name="port">0 takes a free one.</param>
    public static async Task<PostgresServer> StartAsync(string[] hosts, int port, CancellationToken cancellation = default)
    {
        var binaries = PostgresBinaries.FindDirectory() ?? throw new InvalidOperationException(PostgresBinaries.HowToInstall);
        var user = PostgresBinaries.UnprivilegedUser();
        var asUser = AsUnprivileged();
        var directory = Directory.CreateTempSubdirectory("rucio-sandbox-pg-").FullName;
        try
        {
            var data = Path.Combine(directory, "data");
            var superuserPassword = NewPassword();
            await File.WriteAllTextAsync(Path.Combine(directory, "password"), superuserPassword, cancellation);
            using var authority = new ThrowAwayAuthority("sandbox PostgreSQL CA");
            var (certificate, key) = authority.Issue(hosts[0], hosts);
            await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), authority.CaPem, cancellation);
            await File.WriteAllTextAsync(Path.Combine(directory, "server.crt"), certificate, cancellation);
            await File.WriteAllTextAsync(Path.Combine(directory, "server.key"), key, cancellation);
            await RunAsync(["chmod", "600", Path.Combine(directory, "server.key")], cancellation);
            if (user is not null)
                await RunAsync(["chown", "-R", user, directory], cancellation);
            await RunAsync([.. asUser, Path.Combine(binaries, "initdb"), "-D", data, "-U", SuperuserName, "--pwfile", Path.Combine(directory, "password"),
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"], cancellation);

            for (var attempt = 1; ; attempt++)
            {
                var chosen = port == 0 ? FreePort() : port;
                var watcher = Start([.. asUser, Path.Combine(binaries, "postgres"), "-D", data, .. Settings(directory, chosen)], directory);
                var server = new PostgresServer(watcher, directory, chosen, authority.CaPem, superuserPassword, NewPassword());
                if (await server.IsReadyAsync(TimeSpan.FromSeconds(30), cancellation))
                {
                    await server.ExecuteAsync($"CREATE ROLE {AdminName} LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD '{server.AdminPassword}'", cancellation);
                    return server;
                }
                var log = await File.ReadAllTextAsync(Path.Combine(directory, "server.log"), cancellation);
                watcher.Kill(entireProcessTree: true);
                // The port was free a moment ago; somebody else may have been faster.
                if (attempt == 3 || !log.Contains("could not bind"))
                    throw new InvalidOperationException($"PostgreSQL does not start: {log}");
            }
        }
        catch
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        watcher.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await watcher.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            watcher.Kill(entireProcessTree: true);
        }
        watcher.Dispose();
    }

    private async Task<bool> IsReadyAsync(TimeSpan patience, CancellationToken cancellation)
    {
        var deadline = Stopwatch.StartNew();
        while (deadline.Elapsed < patience)
        {
            try
            {
                await ExecuteAsync("SELECT 1", cancellation);
                return true;
            }
            catch (NpgsqlException) when (!LogSays("could not bind") && !LogSays("FATAL:  lock file"))
            {
                await Task.Delay(20, cancellation);
            }
            catch (NpgsqlException)
            {
                return false;
            }
        }
        return false;
    }

    private bool LogSays(string text) =>
        File.Exists(Path.Combine(directory, "server.log")) && File.ReadAllText(Path.Combine(directory, "server.log")).Contains(text);

    private async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(SuperuserConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static IEnumerable<string> Settings(string directory, int port)
    {
        (string Name, string Value)[] settings =
        [
            ("listen_addresses", "127.0.0.1"), ("port", $"{port}"), ("unix_socket_directories", ""), ("max_connections", "300"),
            ("ssl", "on"), ("ssl_cert_file", Path.Combine(directory, "server.crt")), ("ssl_key_file", Path.Combine(directory, "server.key")),
            ("password_encryption", "scram-sha-256"), ("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off"),
            ("wal_level", "minimal"), ("max_wal_senders", "0"), ("shared_buffers", "64MB"), ("jit", "off"), ("timezone", "UTC"),
        ];
        return settings.SelectMany(setting => new[] { "-c", $"{setting.Name}={setting.Value}" });
    }

    /// <summary>What comes before a command that refuses to run as root.</summary>
    internal static string[] AsUnprivileged() =>
        PostgresBinaries.UnprivilegedUser() is { } user ? ["setpriv", $"--reuid={user}", $"--regid={GroupOf(user)}", "--clear-groups", "--"] : [];

    /// <summary>The process watches our end of its standard input: closing it stops the server and removes the directory.</summary>
    internal static Process Start(string[] command, string directory)
    {
        var start = new ProcessStartInfo("sh") { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var argument in (string[])["-c", Watch, "postgres-watcher", directory, .. command])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    internal static async Task RunAsync(string[] command, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)}: {await errors}{await output}");
    }

    private static string GroupOf(string user) =>
        File.ReadLines("/etc/passwd").Select(line => line.Split(':')).First(fields => fields[0] == user)[3];

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
