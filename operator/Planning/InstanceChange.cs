namespace RucioOperator.Planning;

/// <summary>Somebody edited or deleted an object of the instance's.</summary>
public sealed record RestoreChild(string Kind, string Name) : Change
{
    public override IReadOnlyList<string> Parts => [Kind];
    public override string Describe() => $"restore {Kind} {Name}";
}

public sealed record CreateChild(string Kind, string Name) : Change
{
    public override string Describe() => $"create {Kind} {Name}";
}

/// <param name="Fields">Paths, never values: some of them are secret.</param>
public sealed record ChangeChild(string Kind, string Name, IReadOnlyList<string> Fields) : Change
{
    private const int Named = 3;

    public override string Describe() => $"change {Kind} {Name}{(Fields.Count == 0 ? "" : $": {string.Join(", ", Fields.Take(Named))}{(Fields.Count > Named ? $" and {Fields.Count - Named} more" : "")}")}";
}

public sealed record DeleteChild(string Kind, string Name) : Change
{
    public override string Describe() => $"delete {Kind} {Name}";
}

public sealed record MakeDatabase : Change
{
    public override string Describe() => "make database, roles and credentials, then a catalogue and everything that serves it";
}

public sealed record MakeCatalogue : Change
{
    public override string Describe() => "make the catalogue, then everything that serves it";
}

public sealed record MigrateCatalogue(string From, string To, string Version) : Change
{
    public override string Describe() => $"migrate the catalogue from revision {From} to {To} for Rucio {Version}: stop daemons, maintenance, backup, migration, start; next in that:";
}
