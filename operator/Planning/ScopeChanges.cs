namespace RucioOperator.Planning;

public sealed record CreateScope(string Scope, string Owner) : VoChange(VoConditions.ScopesReady)
{
    public override string Describe() => $"create scope {Scope} of {Owner}";
}

public sealed record SetScopeOwner(string Scope, string Owner) : VoChange(VoConditions.ScopesReady)
{
    public override string Describe() => $"give scope {Scope} to {Owner}";
}
