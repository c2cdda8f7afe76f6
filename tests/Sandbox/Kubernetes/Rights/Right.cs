namespace RucioOperator.Sandbox.Kubernetes.Rights;

/// <summary>One verb on one resource: a line of a rule, taken apart.</summary>
/// <param name="Section">Of the rules' file: where it holds.</param>
/// <param name="Resource">As <c>deployments.apps</c> or <c>virtualorganisations/status.rucio.cern.ch</c>.</param>
/// <param name="Name">Null: of any name.</param>
public sealed record Right(string Section, string Verb, string Resource, string? Name = null)
{
    public static string ResourceOf(string group, string plural, string subresource) =>
        plural + (subresource.Length == 0 ? "" : $"/{subresource}") + (group.Length == 0 ? "" : $".{group}");

    public override string ToString() => $"{Section}: {Verb} {Resource}{(Name is null ? "" : $" {Name}")}";
}
