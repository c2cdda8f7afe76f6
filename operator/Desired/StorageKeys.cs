using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RucioOperator.Planning;

namespace RucioOperator.Desired;

/// <summary>With what Rucio signs the URLs of one storage: its entry in rse-accounts.cfg.</summary>
/// <param name="Json">Secret.</param>
public sealed partial record StorageKeys(string Json)
{
    /// <summary>The RSE attribute that names the service, and so which keys are needed.</summary>
    public const string Attribute = "sign_url";

    /// <summary>Keys of a Secret by service, as lib/rucio/core/credential.py reads each: all must be there. Swift's is Rucio's own name, too.</summary>
    private static readonly Dictionary<string, Entry[]> Services = new()
    {
        ["s3"] =
        [
            new("access_key", Visible(), 256, "a text without blanks"),
            new("secret_key", Visible(), 1024, "a text without blanks"),
            new("signature_version", Version(), 8, "s3v4 or s3", "s3v4"),
            new("region", Region(), 64, "letters, digits, ., _ and -", "us-east-1"),
        ],
        ["swift"] = [new("tempurl_key", Visible(), 1024, "a text without blanks")],
    };

    /// <summary>What a StorageElement's Secret comes to; else what is wrong with it, which names no value.</summary>
    public static (StorageKeys? Keys, string? Reason, string? Fault) Read(string service, IReadOnlyDictionary<string, byte[]> secret)
    {
        var entry = new JsonObject();
        foreach (var key in Services[service])
        {
            var text = secret.TryGetValue(key.Name, out var bytes) ? Encoding.UTF8.GetString(bytes).TrimEnd('\n', '\r') : "";
            text = text == "" ? key.Default ?? "" : text;
            if (text == "")
            {
                return (null, "SecretKeyMissing", $"has no key {key.Name}");
            }
            if (text.Length > key.Most || !key.Form.IsMatch(text))
            {
                return (null, "SecretKeyInvalid", $"key {key.Name} must be {key.Words}, at most {key.Most} characters");
            }
            entry[key.Name] = text;
        }
        return (new(entry.ToJsonString()), null, null);
    }

    /// <summary>Null: Rucio signs nothing for this storage with keys of its own.</summary>
    public static string? ServiceOf(DesiredRse rse) =>
        rse.Attributes.GetValueOrDefault(Attribute) is { } service && Services.ContainsKey(service) ? service : null;

    public override string ToString() => "(keys)";

    private sealed record Entry(string Name, Regex Form, int Most, string Words, string? Default = null);

    [GeneratedRegex(@"^[!-~]+\z")]
    private static partial Regex Visible();

    /// <summary>botocore: others sign headers, or a URL only in some regions.</summary>
    [GeneratedRegex(@"^s3(v4)?\z")]
    private static partial Regex Version();

    [GeneratedRegex(@"^[A-Za-z0-9._-]+\z")]
    private static partial Regex Region();
}
