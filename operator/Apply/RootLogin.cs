using System.Globalization;
using RucioOperator.Api;

namespace RucioOperator.Apply;

/// <summary>What a Secret with an operator's login on a root account says: the one in use, and the one that takes its place.</summary>
/// <param name="Token">Of the annotation when it was made; null: none was asked for.</param>
/// <param name="Made">Null: before it was noted.</param>
/// <param name="Next">Mapped and tried before it is the one in use, so that one of the two works at any moment.</param>
public sealed record RootLogin(string Username, string Password, string? Token, DateTimeOffset? Made, (string Username, string Password)? Next)
{
    public const string TokenKey = "rotation";
    public const string MadeKey = "made";
    public const string NextUsernameKey = "next-username";
    public const string NextPasswordKey = "next-password";
    public const string NextTokenKey = "next-rotation";

    public static RootLogin Of(IReadOnlyDictionary<string, string> secret) => new(
        secret["username"], secret["password"], secret.GetValueOrDefault(TokenKey),
        DateTimeOffset.TryParse(secret.GetValueOrDefault(MadeKey), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made) ? made : null,
        secret.TryGetValue(NextUsernameKey, out var username) && secret.TryGetValue(NextPasswordKey, out var password) ? (username, password) : null);

    /// <summary>Entries of a new Secret; what is new needs no rotation that was asked for before.</summary>
    public static Dictionary<string, string> First(RucioInstance instance, string username, string password, DateTimeOffset now)
    {
        var entries = new Dictionary<string, string> { ["username"] = username, ["password"] = password, [MadeKey] = Text(now) };
        if (Wanted(instance) is { } token)
        {
            entries[TokenKey] = token;
        }
        return entries;
    }

    public static string? Wanted(RucioInstance instance) =>
        instance.Metadata.Annotations is { } annotations && annotations.TryGetValue(ApiGroup.RotateRootAnnotation, out var token) && token != "" ? token : null;

    /// <summary>Asked for, or too old.</summary>
    public bool IsDue(RucioInstance instance, DateTimeOffset now) => Next is null
        && (Wanted(instance) is { } wanted && wanted != Token
            || instance.Spec.Tenancy?.RootCredentialMaxAge is { } age && (Made is not { } made || now - made >= Age.Parse(age)));

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public override string ToString() => Username;
}
