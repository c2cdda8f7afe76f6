using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>This VO in Rucio's JupyterLab extension: one entry, and the whole file for a hub that has no other.</summary>
public static class JupyterEntry
{
    /// <summary>As an entry of <c>RucioConfig.instances</c>, or what its <c>$url</c> leads to.</summary>
    public const string FileName = "jupyter-instance.json";

    /// <summary>Name and form that Jupyter looks for.</summary>
    public const string ServerFileName = "jupyter_server_config.json";

    private const string UsualToken = "RUCIO_ACCESS_TOKEN";

    /// <summary>Of Debian, which Jupyter's images are made of.</summary>
    private const string SystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

    public static string Text(ClientConfigInputs i) => Json(Entry(i));

    public static string ServerText(ClientConfigInputs i) => Json(new JsonObject
    {
        ["RucioConfig"] = new JsonObject
        {
            ["instances"] = new JsonArray(Entry(i)),
            ["default_instance"] = Name(i),
            ["default_auth_type"] = ClientConfig.AuthType(i.Login.Type),
        },
    });

    private static JsonObject Entry(ClientConfigInputs i)
    {
        var jupyter = i.Spec.Jupyter ?? new();
        var token = jupyter.TokenVariable ?? (i.Login.Type == ClientAuthType.Oidc ? UsualToken : null);
        (string Key, JsonNode? Value)[] all =
        [
            ("name", Name(i)),
            ("display_name", jupyter.DisplayName ?? i.Vo.Metadata.Name),
            ("mode", jupyter.DestinationRse is null ? "download" : "replica"),
            ("rucio_base_url", i.Endpoints.Api),
            ("rucio_auth_url", i.Endpoints.Auth),
            ("rucio_webui_url", i.Endpoints.Webui),
            // Required where files are downloaded.
            ("rucio_ca_cert", i.AuthorityFile ?? SystemAuthorities),
            ("vo", i.Tag),
            ("site_name", jupyter.SiteName),
            ("destination_rse", jupyter.DestinationRse),
            ("rse_mount_path", jupyter.RseMountPath),
            ("path_begins_at", jupyter.PathBeginsAt),
            ("replication_rule_lifetime_days", jupyter.RuleLifetimeDays),
            ("wildcard_enabled", jupyter.Wildcards ? true : null),
            ("oidc_auth", token is null ? null : "env"),
            ("oidc_env_name", token),
        ];
        return new(all.Where(e => e.Value is not null).Select(e => KeyValuePair.Create(e.Key, e.Value)));
    }

    /// <summary>Of one VO of one server: a hub may offer several.</summary>
    private static string Name(ClientConfigInputs i)
    {
        var host = new Uri(i.Endpoints.Api).Host;
        return i.Tag is null ? host : $"{i.Tag}.{host}";
    }

    private static string Json(JsonObject node)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            node.WriteTo(writer);
        }
        return Encoding.UTF8.GetString(text.ToArray()) + "\n";
    }
}
