using System.Diagnostics;
using System.Text.Json;
using RucioOperator.Desired;

namespace RucioOperator.Tests.Desired;

/// <summary>One run of the bootstrap or the migrate script, with the files its pod would mount.</summary>
internal sealed class BootstrapRun : IAsyncDisposable
{
    private readonly Process process;
    private readonly string folder;
    private readonly Task<string> errors;

    private BootstrapRun(Process process, string folder)
    {
        (this.process, this.folder) = (process, folder);
        errors = process.StandardError.ReadToEndAsync();
    }

    public const string SuperRoot = "operator-1";
    public const string Password = "s3%cret'\"";

    /// <summary>Steps reported so far: name → outcome.</summary>
    public List<(string Step, string Outcome)> Steps { get; } = [];

    public string LastMessage { get; private set; } = "";
    public string Output { get; private set; } = "";
    public int ExitCode => process.ExitCode;

    public static BootstrapRun Start(string databaseUrl, string? schema, Action<Dictionary<string, Dictionary<string, string>>>? change = null) =>
        Start(BootstrapScript.FileName, [], databaseUrl, schema, change);

    /// <summary>As its Job does: no [bootstrap] section is there.</summary>
    public static BootstrapRun StartMigration(string databaseUrl, string? schema, string from, string to) =>
        Start(MigrateJob.FileName, [from, to], databaseUrl, schema, config => config.Remove("bootstrap"));

    private static BootstrapRun Start(string name, IReadOnlyList<string> arguments, string databaseUrl, string? schema, Action<Dictionary<string, Dictionary<string, string>>>? change)
    {
        var source = Python.RequireRucio();
        var folder = Directory.CreateTempSubdirectory("bootstrap-").FullName;
        var config = new Dictionary<string, Dictionary<string, string>>
        {
            ["common"] = new() { ["multi_vo"] = "True" },
            ["database"] = new() { ["default"] = databaseUrl.Replace("%", "%%") },
            ["policy"] = new() { ["package-def"] = TenantPolicyPackage.Name },
            // Not one of the other published options: the script must not fall back on Rucio's defaults for them.
            ["bootstrap"] = new() { ["userpass_identity"] = SuperRoot, ["userpass_pwd"] = Password.Replace("%", "%%"), ["userpass_email"] = "" },
        };
        if (schema is not null)
            config["database"]["schema"] = schema;
        change?.Invoke(config);
        var files = Directory.CreateDirectory(Path.Combine(folder, "conf.d")).FullName;
        foreach (var (section, options) in config)
            File.WriteAllText(Path.Combine(files, $"10-{section}.json"), JsonSerializer.Serialize(new Dictionary<string, object> { [section] = options }));
        TenantPolicyTests.Write(Directory.CreateDirectory(Path.Combine(folder, "policy")).FullName);
        File.WriteAllText(Path.Combine(folder, BootstrapScript.FileName), BootstrapScript.Text);
        File.WriteAllText(Path.Combine(folder, MigrateJob.FileName), MigrateJob.Script);
        var process = Python.Start(Path.Combine(folder, name), arguments,
        [
            ("RUCIO_OVERRIDE_CONFIGS", files + "/"),
            ("PYTHONPATH", $"{folder}/policy:{source}/lib"),
        ]);
        process.StandardInput.Close();
        return new(process, folder);
    }

    public async Task<BootstrapRun> EndAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Output += line + "\n";
            using var json = JsonDocument.Parse(line);
            var step = json.RootElement.GetProperty("step").GetString()!;
            Steps.Add((step, json.RootElement.GetProperty("outcome").GetString()!));
            LastMessage = json.RootElement.TryGetProperty("message", out var message) ? message.GetString()! : "";
        }
        await process.WaitForExitAsync();
        Output += await errors;
        return this;
    }

    public void Kill()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            Kill();
        await errors;
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
