namespace RucioOperator.Api.Validation;

/// <param name="Path">As the API server writes it: <c>spec.accounts[0].name</c>, map keys in brackets.</param>
/// <param name="Reason">One of <see cref="ValidationReasons"/>.</param>
/// <param name="Message">For people; names fields and allowed forms, never a value that could be secret.</param>
public sealed record FieldError(string Path, string Reason, string Message)
{
    public override string ToString() => Message.StartsWith(Path, StringComparison.Ordinal) ? Message : $"{Path}: {Message}";
}

public static class ValidationReasons
{
    /// <summary>A required field is absent.</summary>
    public const string MissingField = nameof(MissingField);

    /// <summary>A field has a form or value that can never work.</summary>
    public const string InvalidField = nameof(InvalidField);

    /// <summary>Something only the operator may set.</summary>
    public const string ReservedField = nameof(ReservedField);

    /// <summary>Rucio's keys don't fit into this database engine.</summary>
    public const string UnsupportedDatabase = nameof(UnsupportedDatabase);
}

/// <summary>One line of a kind's rule book.</summary>
public sealed record Rule<T>(string Name, Func<T, IEnumerable<FieldError>> Check);

internal static class Rules
{
    public static IReadOnlyList<FieldError> Run<T>(this IEnumerable<Rule<T>> rules, T subject) => [.. rules.SelectMany(r => r.Check(subject))];

    public static FieldError Invalid(string path, string message) => new(path, ValidationReasons.InvalidField, message);

    public static FieldError Missing(string path) => new(path, ValidationReasons.MissingField, "is required");

    public static FieldError Reserved(string path, string message) => new(path, ValidationReasons.ReservedField, message);

    public static IEnumerable<FieldError> When(bool wrong, FieldError error) => wrong ? [error] : [];

    /// <summary>Each item with its path.</summary>
    public static IEnumerable<(string Path, T Item)> Items<T>(this IReadOnlyList<T>? list, string path) =>
        (list ?? []).Select((item, i) => ($"{path}[{i}]", item));

    public static IEnumerable<FieldError> Unique<T, TKey>(this IEnumerable<(string Path, T Item)> items, Func<T, TKey> key, string message) =>
        items.GroupBy(i => key(i.Item)).SelectMany(same => same.Skip(1).Select(i => Invalid(i.Path, message)));

    public static IEnumerable<FieldError> Quantities(string path, IReadOnlyDictionary<string, string>? quantities) =>
        (quantities ?? new Dictionary<string, string>()).Where(q => !Forms.ResourceQuantity().IsMatch(q.Value))
            .Select(q => Invalid($"{path}[{q.Key}]", "must be a Kubernetes quantity such as 500m or 2Gi"));

    public static IEnumerable<FieldError> Resources(string path, ResourcesSpec? resources) =>
        Quantities($"{path}.requests", resources?.Requests).Concat(Quantities($"{path}.limits", resources?.Limits));

    public static IEnumerable<FieldError> Secret(string path, SecretRef? reference) =>
        When(reference is { Name: "" }, Missing($"{path}.name"));
}
