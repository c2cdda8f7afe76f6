using System.Diagnostics;

namespace RucioOperator.Sandbox;

/// <summary>The operator as a process of its own: the published binary that RUCIO_OPERATOR_BIN names, else the one built beside this assembly.</summary>
public sealed class OperatorProcess : IAsyncDisposable
{
    private const string Binary = "RUCIO_OPERATOR_BIN";

    private readonly Process _process;
    private readonly StreamWriter _log;

    private OperatorProcess(Process process, StreamWriter log)
    {
        (_process, _log) = (process, log);
        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        void Write(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
                lock (_log)
                    _log.WriteLine(line.Data);
        }
    }

    public static OperatorProcess Start(string kubeconfig, string logFile, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (program, first) = Program();
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[.. first, .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["KUBECONFIG"] = kubeconfig;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        // It is this run's setting, and none of the operator's, which refuses those it doesn't know.
        start.Environment.Remove(Binary);
        // One process on a loaded machine: neither server GC nor eager tiering pays.
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new(Process.Start(start)!, new StreamWriter(logFile, append: true) { AutoFlush = true });
    }

    /// <summary>One of the binary's commands, from its start to its end.</summary>
    /// <param name="kubeconfig">Null: there is none.</param>
    public static async Task<(int Code, string Out, string Error)> CommandAsync(string? kubeconfig, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        var (program, first) = Program();
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[.. first, .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["KUBECONFIG"] = kubeconfig;
        // Else somebody's own ~/.kube/config would be looked at.
        start.Environment["HOME"] = Path.GetTempPath();
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token);
        return (process.ExitCode, await output, await error);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Once it has exited.</summary>
    public int ExitCode => _process.ExitCode;

    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>As a node failure would: no signal handler runs.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>As Kubernetes does first: SIGTERM, then the end of it.</summary>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await kill!.WaitForExitAsync();
            await _process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        }
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
        await _log.DisposeAsync();
    }

    /// <summary>The shipped binary, which needs nothing beside it; null: it was not made here (<c>make publish</c>).</summary>
    public static string? Published => ((string?[])[Environment.GetEnvironmentVariable(Binary), Repository.Path("artifacts", "publish", "rucio-operator")]).FirstOrDefault(File.Exists);

    /// <summary>The binary that is tested, and what its arguments begin with.</summary>
    public static (string Program, string[] First) Program()
    {
        if (Environment.GetEnvironmentVariable(Binary) is { Length: > 0 } binary)
            return (binary, []);
        var root = Repository.Root;
        var configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}") ? "Release" : "Debug";
        return ("dotnet", [Path.Combine(root, "operator", "bin", configuration, "net10.0", "rucio-operator.dll")]);
    }
}
