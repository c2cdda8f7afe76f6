namespace RucioOperator.Commands;

/// <summary>Ends a command with one line on stderr and <see cref="ExitCode.Failed"/>.</summary>
public sealed class CommandException(string message) : Exception(message);
