using System.Text.Json;

namespace RucioOperator.Observed.Scim;

/// <summary>RFC 7643 resources, and INDIGO IAM's extension (ScimUser.java, ScimIndigoUser.java of indigo-iam/iam).</summary>
internal static class ScimJson
{
    private const string Indigo = "urn:indigo-dc:scim:schemas:IndigoUser";
    private const string RsaKey = "AAAAB3NzaC1yc2E";

    /// <summary>Null: no id or no name, so nobody who could be told from others.</summary>
    public static (ScimUser User, IReadOnlyList<string> GroupIds)? User(JsonElement json)
    {
        if (Text(json, "id") is not { Length: > 0 } id || Text(json, "userName") is not { Length: > 0 } name)
        {
            return null;
        }
        var groups = Items(json, "groups").ToList();
        var more = Property(json, Indigo);
        return (new ScimUser(id, name)
        {
            // RFC 7643 4.1.1: absent says nothing, and IAM always sends it.
            Active = !IsFalse(json, "active"),
            IsService = more is { } m && IsTrue(m, "serviceAccount"),
            Email = Email(json),
            Groups = [.. groups.Select(g => Text(g, "display")).OfType<string>()],
            Certificates = Texts(more, "certificates", "subjectDn"),
            SshKeys = [.. Texts(more, "sshKeys", "value").Select(key => key.StartsWith(RsaKey, StringComparison.Ordinal) ? $"ssh-rsa {key}" : key)],
            Links = more is { } x ? [.. Items(x, "oidcIds").Select(i => (Text(i, "issuer") ?? "", Text(i, "subject") ?? "")).Where(i => i is { Item1.Length: > 0, Item2.Length: > 0 })] : [],
        }, [.. groups.Select(g => Text(g, "value")).OfType<string>()]);
    }

    /// <summary>INDIGO IAM leaves out the members: there, users name their groups.</summary>
    public static (string Id, string Name, IReadOnlyList<string> Members)? Group(JsonElement json) =>
        Text(json, "id") is { Length: > 0 } id && Text(json, "displayName") is { Length: > 0 } name
            ? (id, name, [.. Items(json, "members").Select(m => Text(m, "value")).OfType<string>()])
            : null;

    public static IEnumerable<JsonElement> Items(JsonElement json, string property) =>
        Property(json, property) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static int? Number(JsonElement json, string property) => Property(json, property) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    public static string? Text(JsonElement json, string property) => Property(json, property) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static string? Email(JsonElement json)
    {
        var all = Items(json, "emails").ToList();
        return (all.Where(e => IsTrue(e, "primary")).Concat(all)).Select(e => Text(e, "value")).FirstOrDefault(e => e is { Length: > 0 });
    }

    private static IReadOnlyList<string> Texts(JsonElement? json, string list, string property) =>
        json is { } j ? [.. Items(j, list).Select(i => Text(i, property)?.Trim()).Where(t => t is { Length: > 0 }).Select(t => t!).Distinct()] : [];

    private static bool IsTrue(JsonElement json, string property) => Property(json, property) is { ValueKind: JsonValueKind.True };

    private static bool IsFalse(JsonElement json, string property) => Property(json, property) is { ValueKind: JsonValueKind.False };

    private static JsonElement? Property(JsonElement json, string property) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(property, out var value) ? value : null;
}
