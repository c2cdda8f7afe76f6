using System.Diagnostics;

namespace RucioOperator.Tests.Image;

/// <summary>The image's entry point in its own files, read-only, as user 1654 with no privilege: what a restricted pod gives it.</summary>
internal static class ImageProcess
{
    // Each step replaces the one before, so that the process started here is the operator in the end.
    private const string Enter = """
        root=$1; shift
        mount --bind "$root" "$root"; mount --bind /proc "$root/proc"; mount --bind /dev "$root/dev"; mount -o remount,ro,bind "$root"
        exec setpriv --no-new-privs chroot --userspec=1654:1654 "$root" /app/rucio-operator "$@"
        """;

    /// <summary>As in an image: anyone may read and start it, the owner alone may change it.</summary>
    public static void Share(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    /// <returns>Why it can't be done here, or null.</returns>
    public static string? Missing() =>
        Environment.UserName != "root" ? "needs root, to change the root directory and the user"
        : ((string[])["unshare", "setpriv", "chroot", "mount"]).FirstOrDefault(tool => !((string[])["/bin", "/usr/bin", "/sbin", "/usr/sbin"]).Any(folder => File.Exists(Path.Combine(folder, tool)))) is { } tool ? $"needs {tool}" : null;

    public static Process Start(string root, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "sh", "-ec", Enter, "sh", root, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string root, params string[] arguments)
    {
        using var process = Start(root, new Dictionary<string, string>(), arguments);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }
}
