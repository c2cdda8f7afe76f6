using RucioOperator.Api;

namespace RucioOperator.Apply;

/// <summary>What a Secret with a generated database login says of its last asked-for change.</summary>
/// <param name="Token">Of the annotation; null: none was asked for yet.</param>
/// <param name="Retiring">The login before still works: pods may have it open.</param>
public sealed record PasswordRotation(string? Token, bool Retiring)
{
    public const string LoginKey = "login";
    public const string TokenKey = "rotation";
    public const string RetiringKey = "retiring";

    public static PasswordRotation Of(IReadOnlyDictionary<string, string> secret) => new(secret.GetValueOrDefault(TokenKey), secret.ContainsKey(RetiringKey));

    public static string? Wanted(RucioInstance instance) =>
        instance.Metadata.Annotations is { } annotations && annotations.TryGetValue(ApiGroup.RotatePasswordAnnotation, out var token) && token != "" ? token : null;

    /// <summary>One after the other: there are two logins, and both are in use while one is retired.</summary>
    public bool IsDue(RucioInstance instance) => !Retiring && Wanted(instance) is { } wanted && wanted != Token;
}
