namespace RucioOperator.Commands.Doctor;

/// <summary>What one check writes down, in its order.</summary>
public sealed class Notes(string about, string check)
{
    private readonly List<Finding> _findings = [];

    private Notes(string about, string check, List<Finding> findings) : this(about, check) => _findings = findings;

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>The same notes, about another thing that the check looks at.</summary>
    public Notes Of(string other) => new(about, other, _findings);

    public void Ok(string message, string reason = nameof(Verdict.Ok)) => Add(Verdict.Ok, reason, message, null);

    /// <param name="next">Null: what there is to do for this reason.</param>
    public void Warning(string reason, string message, string? next = null) => Add(Verdict.Warning, reason, message, next ?? NextSteps.Of(reason));

    /// <inheritdoc cref="Warning"/>
    public void Error(string reason, string message, string? next = null) => Add(Verdict.Error, reason, message, next ?? NextSteps.Of(reason));

    public void NotChecked(string reason, string message, string? next = null) => Add(Verdict.NotChecked, reason, message, next ?? NextSteps.Of(reason));

    private void Add(Verdict verdict, string reason, string message, string? next) => _findings.Add(new(verdict, about, check, reason, message, next));
}
