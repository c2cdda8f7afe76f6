namespace RucioOperator.Commands;

/// <summary>What a script may tell apart.</summary>
public enum ExitCode
{
    Done = 0,

    /// <summary>The command could not be understood or carried out, or what it was given is wrong.</summary>
    Failed = 1,

    /// <summary>It did its work, and found what each command's help says: changes, something that isn't ready, an error in the set-up.</summary>
    Found = 2,
}
