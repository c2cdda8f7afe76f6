using RucioOperator.Commands;

namespace RucioOperator.Tests.Commands;

/// <summary>A command within this process: what it said, and its end.</summary>
/// <param name="Code">Null: no command was named.</param>
internal sealed record CommandRun(int? Code, string Out, string Error)
{
    /// <param name="kubeconfig">Null: there is none.</param>
    public static async Task<CommandRun> OfAsync(IReadOnlyList<string> words, string input = "", string? kubeconfig = null, string invokedAs = "rucio-operator", TimeProvider? time = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var result = new StringWriter();
        using var error = new StringWriter();
        var world = new CommandWorld(new StringReader(input), result, error, name => name == "KUBECONFIG" ? kubeconfig ?? "" : environment?.GetValueOrDefault(name), time ?? TimeProvider.System);
        return new(await CommandLine.RunAsync(invokedAs, words, world, CancellationToken.None), result.ToString(), error.ToString());
    }
}
