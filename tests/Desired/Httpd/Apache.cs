using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Desired;

/// <summary>
/// A real httpd with the configuration that the server image renders and the operator's file after it, started by the
/// operator's script; paths and ports are what changes. In place of Rucio a few lines that answer as it does.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal sealed class Apache : IAsyncDisposable
{
    private static readonly string[] Programs = ["/usr/sbin/apache2", "/usr/sbin/httpd"];
    private static readonly string[] ModuleFolders = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules"];
    private static readonly string[] Needed = ["ssl", "gridsite", "wsgi"];

    private readonly Process process;
    private readonly string folder;
    private readonly Task<string[]> output;

    private Apache(Process process, string folder, int port)
    {
        (this.process, this.folder, Port) = (process, folder, port);
        output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    public int Port { get; }
    public string TlsFolder => Path.Combine(folder, "tls");
    public string AuthoritiesFolder => Path.Combine(folder, "client-ca");

    /// <param name="addition">Content of the operator's file.</param>
    /// <param name="change">To the image's configuration.</param>
    public static async Task<Apache> StartAsync(ThrowAwayAuthority server, AuthorityFiles authorities, string addition, Func<string, string>? change = null)
    {
        // A port that was free may be somebody's by the time httpd opens it.
        for (var attempts = 3; ; attempts--)
        {
            var apache = Launch(server, authorities, addition, change);
            if (await apache.ListensAsync())
                return apache;
            var said = apache.Log();
            await apache.DisposeAsync();
            if (attempts == 1)
                Assert.Fail($"httpd does not start: {string.Join('\n', await apache.output)} {said}");
        }
    }

    private static Apache Launch(ThrowAwayAuthority server, AuthorityFiles authorities, string addition, Func<string, string>? change)
    {
        var program = Programs.FirstOrDefault(File.Exists);
        var modules = ModuleFolders.FirstOrDefault(m => Needed.All(n => File.Exists($"{m}/mod_{n}.so")));
        if (program is null || modules is null)
            Assert.Ignore("needs httpd with GridSite and WSGI: on Debian the packages apache2-bin, gridsite and libapache2-mod-wsgi-py3");

        var folder = Directory.CreateTempSubdirectory("httpd-").FullName;
        // The workers are another user where the test runs as root.
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        var (port, health) = (FreePort(), FreePort());
        WriteCertificate(Directory.CreateDirectory(Path.Combine(folder, "tls")).FullName, server);
        WriteAuthorities(Directory.CreateDirectory(Path.Combine(folder, "client-ca")).FullName, authorities);
        // server/gacl of the image.
        File.WriteAllText(Path.Combine(folder, "gacl"), "<?xml version=\"1.0\"?>\n<gacl>\n <entry>\n  <any-user/>\n  <allow><read/><list/></allow>\n </entry>\n</gacl>\n");
        var image = File.ReadAllText(Repository.Path("tests", "Desired", "Httpd", "rucio.conf"));
        File.WriteAllText(Path.Combine(folder, "rucio.conf"), Adapt((change ?? (c => c))(image), folder, modules!, port, health));
        File.WriteAllText(Path.Combine(folder, Httpd.ConfigFile), addition);
        File.WriteAllText(Path.Combine(folder, "httpd.conf"), MainFile(folder, modules!));

        // What the script finds in the image.
        Script(folder, "httpd", $"exec {program} -f {folder}/httpd.conf \"$@\"");
        Script(folder, "docker-entrypoint.sh", "exec httpd -D FOREGROUND");
        Script(folder, Httpd.ServeFile, Httpd.Serve.Replace("/opt/rucio/tls", $"{folder}/tls").Replace("/etc/grid-security", $"{folder}/grid-security").Replace("/docker-entrypoint.sh", $"{folder}/docker-entrypoint.sh"));
        var start = new ProcessStartInfo("setsid", ["/bin/bash", Path.Combine(folder, Httpd.ServeFile)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{folder}:{start.Environment["PATH"]}";
        start.Environment["RUCIO_CA_PATH"] = Path.Combine(folder, "client-ca");
        start.Environment["RELOAD_SECONDS"] = "0.2";
        return new Apache(Process.Start(start)!, folder, port);
    }

    public CertificateLogin Login => new("localhost", Port, "localhost", TimeSpan.FromSeconds(20));

    public static void WriteAuthorities(string folder, AuthorityFiles authorities)
    {
        foreach (var (name, text) in authorities.Files)
            File.WriteAllText(Path.Combine(folder, name), text);
    }

    /// <summary>As a kubelet does it: both files change, one after the other.</summary>
    public static void WriteCertificate(string folder, ThrowAwayAuthority authority)
    {
        var (certificate, key) = authority.Issue("localhost", "localhost");
        File.WriteAllText(Path.Combine(folder, "tls.crt"), certificate);
        File.WriteAllText(Path.Combine(folder, "tls.key"), key);
    }

    private static void Script(string folder, string name, string text)
    {
        File.WriteAllText(Path.Combine(folder, name), text.StartsWith("#!", StringComparison.Ordinal) ? text : $"#!/bin/bash\n{text}\n");
        File.SetUnixFileMode(Path.Combine(folder, name), (UnixFileMode)0b111_101_101);
    }

    private static string Adapt(string image, string folder, string modules, int port, int health) => image
        .Replace("/usr/lib64/httpd/modules/", "modules/").Replace(" modules/", $" {modules}/")
        .Replace("Listen 443\n", $"Listen 127.0.0.1:{port}\n").Replace("*:443 ", $"*:{port} ").Replace("Listen 444\n", $"Listen 127.0.0.1:{health}\n").Replace("*:444 ", $"*:{health} ")
        .Replace("/usr/lib/python/rucio/web/rest/flaskapi/v1/main.py", Repository.Path("tests", "Desired", "Httpd", "app.py"))
        .Replace("/usr/lib/python/rucio/web/rest/ping.py", Repository.Path("tests", "Desired", "Httpd", "app.py"))
        .Replace("/etc/grid-security", $"{folder}/grid-security").Replace(Httpd.AuthoritiesPath, $"{folder}/client-ca").Replace("/etc/httpd/gacl", $"{folder}/gacl")
        .Replace("CacheEnable disk /\n", "").Replace("CacheRoot /tmp\n", "")
        .Replace("/dev/stdout", $"{folder}/access.log").Replace("/dev/stderr", $"{folder}/error.log")
        // Debian's reads it from a file of the distribution's.
        .Replace($"LoadModule authn_core_module {modules}/mod_authn_core.so\n", $"LoadModule authn_core_module {modules}/mod_authn_core.so\nWSGISocketPrefix {folder}/wsgi\n");

    private static string MainFile(string folder, string modules) => $"""
        ServerRoot {folder}
        ServerName localhost
        PidFile {folder}/httpd.pid
        DefaultRuntimeDir {folder}
        LoadModule mpm_event_module {modules}/mod_mpm_event.so
        {string.Join('\n', ((string[])["authz_core", "authz_host", "authz_user", "headers", "rewrite", "socache_shmcb", "cache", "alias", "setenvif", "env", "dir"]).Select(m => $"LoadModule {m}_module {modules}/mod_{m}.so"))}
        <IfFile "/etc/debian_version">
            User www-data
            Group www-data
        </IfFile>
        <Directory />
            Require all granted
        </Directory>
        ErrorLog {folder}/error.log
        Include {folder}/rucio.conf
        Include {folder}/{Httpd.ConfigFile}
        """;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> ListensAsync()
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); !process.HasExited && DateTime.UtcNow < until; await Task.Delay(50))
        {
            try
            {
                using var tcp = new TcpClient();
                await tcp.ConnectAsync(IPAddress.Loopback, Port);
                return !process.HasExited;
            }
            catch (SocketException)
            {
            }
        }
        return false;
    }

    public string Log() => File.Exists(Path.Combine(folder, "error.log")) ? string.Join('\n', File.ReadLines(Path.Combine(folder, "error.log")).TakeLast(15)) : "";

    public async ValueTask DisposeAsync()
    {
        // The whole group at once: a worker that httpd forks while its tree is walked would stay, and keep the output open.
        using (var kill = Process.Start("kill", ["-KILL", "--", $"-{process.Id}"]))
            await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
        await output.WaitAsync(TimeSpan.FromSeconds(30));
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
