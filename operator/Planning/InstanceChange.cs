namespace RucioOperator.Planning;

/// <summary>Somebody edited or deleted an object of the instance's.</summary>
public sealed record RestoreChild(string Kind, string Name) : Change
{
    public override string Describe() => $"restore {Kind} {Name}";
}
