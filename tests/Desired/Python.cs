using System.Diagnostics;
using System.Text.Json;
using NUnit.Framework;

namespace RucioOperator.Tests.Desired;

/// <summary>Python of the machine (variable RUCIO_PYTHON, else python3) and, for some tests, a checkout of Rucio (RUCIO_SOURCE).</summary>
internal static class Python
{
    private static readonly Lazy<bool> present = new(() =>
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Interpreter, ["-c", ""]))!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    });

    private static string Interpreter => Environment.GetEnvironmentVariable("RUCIO_PYTHON") is { Length: > 0 } given ? given : "python3";

    public static void Require()
    {
        if (!present.Value)
            Assert.Ignore($"needs Python: {Interpreter} (RUCIO_PYTHON) does not run");
    }

    /// <summary>Skips the test when there is no checkout of Rucio, else its path.</summary>
    /// <param name="variable">RUCIO_SOURCE_40 and RUCIO_SOURCE_38 name older lines.</param>
    public static string RequireRucio(string variable = "RUCIO_SOURCE")
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } source)
        {
            Assert.Ignore($"needs Rucio's source: set {variable} to a checkout, and RUCIO_PYTHON to a Python that has its requirements");
            throw new InvalidOperationException();
        }
        Require();
        return source;
    }

    /// <summary>Skips the test when there is no checkout of Rucio 38, else its path.</summary>
    public static string RequireRucio38()
    {
        if (Environment.GetEnvironmentVariable("RUCIO_SOURCE_38") is not { Length: > 0 } source)
        {
            Assert.Ignore("needs the source of Rucio 38: set RUCIO_SOURCE_38 to a checkout of a tag 38.x");
            throw new InvalidOperationException();
        }
        return source;
    }

    /// <summary>One of the scripts in this folder.</summary>
    public static string Script(string name) => Path.Combine(TestContext.CurrentContext.TestDirectory, "Desired", "Python", name);

    public static async Task<JsonElement> JsonAsync(string script, IEnumerable<string> arguments, string stdin = "")
    {
        using var process = Start(script, arguments, []);
        await process.StandardInput.WriteAsync(stdin);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, await errors);
        return output.Length == 0 ? default : JsonDocument.Parse(output).RootElement;
    }

    public static Process Start(string script, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(Interpreter, [script, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
