using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>One entry of idpsecrets.json.</summary>
public sealed record OidcClient(string Name, string Issuer, string Id, string Secret, string ScimId, string ScimSecret)
{
    public override string ToString() => $"{Name} ({Issuer})";
}

/// <summary>
/// <c>[oidc]</c> and idpsecrets.json, in Secrets that only those mount who use them: a changed client rolls nothing else.
/// </summary>
public static class OidcConfig
{
    public const string SecretsFile = "idpsecrets.json";

    private const string Folder = "/opt/rucio/etc/oidc";

    /// <summary>Daemons that ask for tokens: lib/rucio/transfertool/fts3.py (all that need a transfer tool) and lib/rucio/daemons/reaper.</summary>
    private static readonly string[] Reapers = ["reaper", "dark-reaper"];

    public static bool IsUsedBy(InstanceInputs i, string program) => i.OidcClients.Count > 0
        && (program is "api" or "auth" || Reapers.Contains(program) || i.Release.Daemons.TryGetValue(program, out var daemon) && daemon.Needs is DaemonNeed.TransferTool or DaemonNeed.Oidc);

    /// <summary>Secret with the conf.d file, for those who use it.</summary>
    public static IEnumerable<string> ConfigSecrets(InstanceInputs i, string program) => IsUsedBy(i, program) ? [i.Names.ConfigOidc] : [];

    public static IEnumerable<V1VolumeMount> Mounts(InstanceInputs i, string program) =>
        IsUsedBy(i, program) ? [new V1VolumeMount { Name = "oidc", MountPath = Folder, ReadOnlyProperty = true }] : [];

    public static IEnumerable<V1Volume> Volumes(InstanceInputs i, string program) =>
        IsUsedBy(i, program) ? [new V1Volume { Name = "oidc", Secret = new V1SecretVolumeSource { SecretName = i.Names.IdpSecrets } }] : [];

    /// <summary>What else a pod that uses it must roll for.</summary>
    public static string HashText(InstanceInputs i, string program) => IsUsedBy(i, program) ? IdpSecrets(i).ToJsonString() : "";

    public static ConfigDocument Options(InstanceInputs i)
    {
        var spec = i.Instance.Spec.Oidc!;
        var config = new ConfigDocument()
            .Set("oidc", "idpsecrets", $"{Folder}/{SecretsFile}")
            .Set("oidc", "expected_audience", spec.ExpectedAudience)
            .Set("oidc", "expected_scope", spec.ExpectedScope);
        // Without its entry every request for a token would fail; without the option Rucio takes the certificate.
        return spec.AdminIssuer is { } admin && i.OidcClients.Any(c => c.Name == admin) ? config.Set("oidc", "admin_issuer", admin) : config;
    }

    /// <summary>SCIM is required of each issuer: without it no client of any issuer loads.</summary>
    public static JsonObject IdpSecrets(InstanceInputs i)
    {
        var spec = i.Instance.Spec;
        var auth = (spec.Auth?.Host ?? spec.Api?.Host) is { } host ? $"https://{host}" : i.Names.ApiUrl;
        return new(i.OidcClients.Select(client => KeyValuePair.Create(client.Name, (JsonNode?)new JsonObject
        {
            ["issuer"] = client.Issuer,
            ["client_id"] = client.Id,
            ["client_secret"] = client.Secret,
            ["redirect_uris"] = new JsonArray($"{auth}/auth/oidc_token", $"{auth}/auth/oidc_code"),
            ["SCIM"] = new JsonObject { ["client_id"] = client.ScimId, ["client_secret"] = client.ScimSecret },
        })));
    }

    /// <summary>What was rendered before, by name; nothing where the text is not ours.</summary>
    public static IReadOnlyDictionary<string, OidcClient> Parse(JsonNode? idpSecrets)
    {
        var clients = new Dictionary<string, OidcClient>();
        foreach (var (name, entry) in idpSecrets as JsonObject ?? [])
        {
            var (client, scim) = (entry as JsonObject, (entry as JsonObject)?["SCIM"] as JsonObject);
            if (Text(client?["issuer"]) is { } issuer && Text(client?["client_id"]) is { } id && Text(client?["client_secret"]) is { } secret
                && Text(scim?["client_id"]) is { } scimId && Text(scim?["client_secret"]) is { } scimSecret)
            {
                clients[name] = new(name, issuer, id, secret, scimId, scimSecret);
            }
        }
        return clients;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
