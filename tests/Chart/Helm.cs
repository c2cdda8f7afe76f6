using System.Diagnostics;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Chart;

/// <summary>The helm of the variable HELM, of PATH, or the one that .ci/helm brought.</summary>
internal static class Helm
{
    public const string Release = "rucio-operator";
    public const string Namespace = "rucio-system";

    private static readonly string? Program = new[] { Environment.GetEnvironmentVariable("HELM"), Repository.Path("artifacts", "tools", "helm") }
        .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "helm"))).FirstOrDefault(File.Exists);

    public static string Chart => Repository.Path("charts", "rucio-operator");

    /// <summary>Skips the test where there is no helm; fails it in CI, which brings one.</summary>
    public static void Require()
    {
        const string Reason = "needs helm: .ci/helm brings it, or name one by HELM";
        if (Program is null && Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(Reason);
        if (Program is null)
            Assert.Ignore(Reason);
    }

    /// <summary>What `helm template` makes of the chart.</summary>
    /// <param name="values">path=JSON, as --set-json takes it.</param>
    public static Task<string> RenderAsync(params IEnumerable<string> values) => RenderInAsync(Namespace, values);

    public static async Task<string> RenderInAsync(string ns, IEnumerable<string> values)
    {
        var (code, output, errors) = await TemplateAsync(values, ns);
        Assert.That(code, Is.Zero, errors);
        return output;
    }

    public static Task<(int Code, string Output, string Errors)> TemplateAsync(IEnumerable<string> values, string ns = Namespace) =>
        RunAsync(null, ["template", Release, Chart, "--namespace", ns, .. Set(values)]);

    public static IEnumerable<string> Set(IEnumerable<string> values) => values.SelectMany(value => (string[])["--set-json", value]);

    public static async Task<(int Code, string Output, string Errors)> RunAsync(string? kubeconfig, params IEnumerable<string> arguments)
    {
        Require();
        var start = new ProcessStartInfo(Program!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // Nobody's cluster but the one that is named.
        start.Environment["KUBECONFIG"] = kubeconfig ?? "/dev/null";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await errors);
    }
}
