using System.Diagnostics;
using System.Net.Sockets;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Sandbox.Workloads;

/// <summary>What the official image of PostgreSQL does with a pod's files, environment, arguments and volume.</summary>
internal sealed class PodPostgres(Process watcher) : IAsyncDisposable
{
    /// <param name="volume">Mounted where PGDATA is; what is in it survives the pod.</param>
    public static async Task<PodPostgres> StartAsync(PodSpec pod, IReadOnlyDictionary<string, string> files, string volume, int port)
    {
        var binaries = PostgresBinaries.FindDirectory() ?? throw new InvalidOperationException(PostgresBinaries.HowToInstall);
        var (asUser, user) = (PostgresServer.AsUnprivileged(), PostgresBinaries.UnprivilegedUser());
        var root = Directory.CreateTempSubdirectory("rucio-sandbox-pod-").FullName;
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(root + path)!);
            await File.WriteAllTextAsync(root + path, text);
        }
        await PostgresServer.RunAsync(["chmod", "-R", "go-rwx", root], default);
        if (user is not null)
            await PostgresServer.RunAsync(["chown", "-R", user, root, volume], default);
        var data = Path.Combine(volume, Path.GetFileName(pod.Environment["PGDATA"]));
        if (!Directory.Exists(data))
        {
            await PostgresServer.RunAsync([.. asUser, Path.Combine(binaries, "initdb"), "-D", data, "-U", pod.Environment["POSTGRES_USER"],
                "--pwfile", root + pod.Environment["POSTGRES_PASSWORD_FILE"], "--no-sync", "--no-instructions", .. pod.Environment["POSTGRES_INITDB_ARGS"].Split(' ')], default);
        }
        // Its settings as given, with the paths of its files; then what a machine with other servers needs.
        var settings = pod.Arguments.Skip(1).Select(a => a.Split('=', 2) is [var name, ['/', ..] path] ? $"{name}={root}{path}" : a);
        string[] here = ["-c", "listen_addresses=127.0.0.1", "-c", $"port={port}", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "timezone=UTC"];
        var watcher = PostgresServer.Start([.. asUser, Path.Combine(binaries, pod.Arguments[0]), "-D", data, .. settings, .. here], root);
        var began = Stopwatch.GetTimestamp();
        while (!await AnswersAsync(port))
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
                throw new InvalidOperationException($"PostgreSQL of the pod does not start: {await File.ReadAllTextAsync(Path.Combine(root, "server.log"))}");
            await Task.Delay(20);
        }
        return new(watcher);
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        watcher.StandardInput.Close();
        await watcher.WaitForExitAsync();
        watcher.Dispose();
    }
}
