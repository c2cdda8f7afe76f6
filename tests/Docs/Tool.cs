using System.ComponentModel;
using System.Diagnostics;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Docs;

/// <summary>A program of the machine; without it the test is skipped and says so.</summary>
internal static class Tool
{
    /// <returns>Exit code and what it wrote, both streams together.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, IReadOnlyList<string> arguments, string input = "", string? directory = null, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? within = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory ?? Repository.Root };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            Assert.Ignore($"needs {program}");
        }
        using var deadline = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(90));
        try
        {
            // Both streams in the order of arrival would need a terminal; the errors follow.
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} has not ended");
        }
    }
}
