using System.Diagnostics;

namespace RucioOperator.Sandbox.Workloads;

/// <summary>Runs the Job's own script with Rucio's source, where RUCIO_SOURCE names one (RUCIO_PYTHON: an interpreter with its dependencies).</summary>
internal static class BootstrapScriptRun
{
    public static bool IsPossible => Environment.GetEnvironmentVariable("RUCIO_SOURCE") is { Length: > 0 };

    /// <summary>Null when it ended well, else its last line.</summary>
    public static async Task<string?> RunAsync(PodSpec pod, CancellationToken ct)
    {
        var root = Directory.CreateTempSubdirectory("rucio-sandbox-job-");
        try
        {
            foreach (var (path, text) in pod.Files()!)
            {
                var file = root.FullName + path;
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllTextAsync(file, text, ct);
            }
            var source = Environment.GetEnvironmentVariable("RUCIO_SOURCE")!;
            var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("RUCIO_PYTHON") is { Length: > 0 } python ? python : "python3")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = root.FullName,
            };
            foreach (var argument in pod.Command.Skip(1))
                start.ArgumentList.Add(argument.StartsWith('/') ? root.FullName + argument : argument);
            foreach (var (name, value) in pod.Environment)
                start.Environment[name] = value.StartsWith('/') ? root.FullName + value : value;
            start.Environment["PYTHONPATH"] = $"{start.Environment["PYTHONPATH"]}:{source}/lib";
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var errors = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            return process.ExitCode == 0 ? null : (await output).TrimEnd().Split('\n')[^1] + (await errors).TrimEnd().Split('\n')[^1];
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
