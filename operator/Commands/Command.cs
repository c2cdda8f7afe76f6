namespace RucioOperator.Commands;

/// <summary>One word of the command line.</summary>
/// <param name="Arguments">Names of what follows without an option, as in help: <c>[NAME]</c>; empty: nothing may.</param>
/// <param name="Summary">One line.</param>
/// <param name="Notes">What help says below the options: exit codes, examples.</param>
public sealed record Command(string Name, string Arguments, string Summary, IReadOnlyList<CommandOption> Options, string Notes, Func<CommandInput, CancellationToken, Task<ExitCode>> RunAsync)
{
    public string Help(string program) =>
        $"{Summary}\n\nUsage: {program} {Name}{(Arguments.Length == 0 ? "" : " " + Arguments)} [options]\n\n{string.Join('\n', Options.Select(option => option.Help))}\n{(Notes.Length == 0 ? "" : $"\n{Notes}\n")}";
}

/// <param name="Short">As in <c>-n</c>.</param>
/// <param name="Value">What stands for its value in help; null: a flag, which takes none.</param>
/// <param name="Choices">The only values there are.</param>
public sealed record CommandOption(string Name, char? Short, string? Value, string Words, bool Repeats = false, IReadOnlyList<string>? Choices = null)
{
    public string Help => $"  {$"{(Short is { } letter ? $"-{letter}, " : "    ")}--{Name}{(Value is null ? "" : $" {Value}")}",-30} {Words}{(Repeats ? "; may be repeated" : "")}";
}
