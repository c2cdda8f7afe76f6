using RucioOperator.Runtime;

namespace RucioOperator.Commands;

/// <summary>Which command the first word names. None: the process is the operator itself.</summary>
public static class CommandLine
{
    private const string Plugin = "kubectl-rucio";

    public static IReadOnlyList<Command> All { get; } = [Plans.PlanCommand.Command, Status.StatusCommand.Command, Doctor.DoctorCommand.Command];

    public static string Overview => string.Join('\n', All.Select(command => $"  {command.Name,-10} {command.Summary}"));

    /// <returns>The exit code; null where no command is named and the operator is to run.</returns>
    /// <param name="invokedAs">Path or name of the program, as it was called: kubectl finds plugins by name.</param>
    public static async Task<int?> RunAsync(string invokedAs, IReadOnlyList<string> words, CommandWorld world, CancellationToken cancellationToken)
    {
        var plugin = Path.GetFileNameWithoutExtension(invokedAs) == Plugin;
        var program = plugin ? "kubectl rucio" : "rucio-operator";
        if (words is [] || words[0].StartsWith('-'))
        {
            if (!plugin && words.Contains("--help"))
                world.Out.WriteLine($"{program} COMMAND, of which --help says more:\n{Overview}\n\nWithout a command it is the operator:");
            return plugin ? About(program, words, world) : null;
        }
        if (All.FirstOrDefault(known => known.Name == words[0]) is not { } command)
            return Refuse(program, [$"{words[0]}: unknown command; known are {string.Join(", ", All.Select(known => known.Name))}"], world);
        var (values, arguments, errors) = CommandParser.Parse(command, [.. words.Skip(1)]);
        if (values.ContainsKey(CommonOptions.Help))
        {
            await world.Out.WriteAsync(command.Help(program));
            return (int)ExitCode.Done;
        }
        return errors.Count > 0 ? Refuse(program, errors, world) : (int)await RunAsync(command, new(program, values, arguments, world), cancellationToken);
    }

    private static async Task<ExitCode> RunAsync(Command command, CommandInput input, CancellationToken cancellationToken)
    {
        try
        {
            return await command.RunAsync(input, cancellationToken);
        }
        catch (Exception error) when (error is CommandException or KubeApiException)
        {
            input.Remark(error.Message);
            return ExitCode.Failed;
        }
        finally
        {
            await input.Out.FlushAsync(CancellationToken.None);
        }
    }

    private static int About(string program, IReadOnlyList<string> words, CommandWorld world)
    {
        if (words is [] or ["--help"] or ["-h"])
        {
            world.Out.WriteLine($"Usage: {program} COMMAND [options]\n\n{Overview}\n\n{program} COMMAND --help says more.");
            return (int)ExitCode.Done;
        }
        return Refuse(program, [$"{words[0]}: name a command first; known are {string.Join(", ", All.Select(known => known.Name))}"], world);
    }

    private static int Refuse(string program, IReadOnlyList<string> errors, CommandWorld world)
    {
        foreach (var error in errors)
            world.Error.WriteLine($"{program}: {error}");
        return (int)ExitCode.Failed;
    }
}
