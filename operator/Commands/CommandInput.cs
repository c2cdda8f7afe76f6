namespace RucioOperator.Commands;

/// <summary>What a command was told, and the world it runs in.</summary>
/// <param name="Program">As the user called it: <c>rucio-operator</c> or <c>kubectl rucio</c>.</param>
public sealed record CommandInput(string Program, IReadOnlyDictionary<CommandOption, IReadOnlyList<string>> Values, IReadOnlyList<string> Arguments, CommandWorld World)
{
    public bool Has(CommandOption option) => Values.ContainsKey(option);

    public string? Text(CommandOption option) => Values.GetValueOrDefault(option)?[^1];

    public IReadOnlyList<string> All(CommandOption option) => Values.GetValueOrDefault(option) ?? [];

    public bool WantsJson => Text(CommonOptions.Output) == "json";

    public TextWriter Out => World.Out;

    /// <summary>Remarks that are no part of the result.</summary>
    public void Remark(string line) => World.Error.WriteLine($"{Program}: {line}");
}

public sealed record CommandWorld(TextReader In, TextWriter Out, TextWriter Error, Func<string, string?> Environment, TimeProvider Time)
{
    public static CommandWorld Process { get; } = new(Console.In, Console.Out, Console.Error, System.Environment.GetEnvironmentVariable, TimeProvider.System);
}
