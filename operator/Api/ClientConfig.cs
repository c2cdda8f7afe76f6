using System.Text.Json.Serialization;

namespace RucioOperator.Api;

/// <summary>What the VO's users need to reach Rucio, in a ConfigMap beside the resource.</summary>
public sealed record ClientConfigSpec
{
    /// <summary>Absent: <c>&lt;vo&gt;-client</c>.</summary>
    public string? ConfigMapName { get; init; }

    /// <summary>Where it will be mounted: rucio.cfg and the Jupyter entry name ca.crt by its path.</summary>
    public string MountPath { get; set; } = "/opt/rucio/etc";

    /// <summary>Absent: how most accounts of the VO log in.</summary>
    public ClientAuthType? AuthType { get; init; }

    /// <summary>Nickname of one of the instance's token issuers; absent: the one that most accounts are known by, else its first.</summary>
    public string? Issuer { get; init; }

    /// <summary>Account of whoever uses the ConfigMap as it is; absent: everybody says who they are.</summary>
    public string? Account { get; init; }
    public JupyterSpec? Jupyter { get; init; }

    /// <summary>Account with a password whose complete configuration goes into Secret <c>&lt;vo&gt;-&lt;account&gt;-client</c>.</summary>
    public LocalRef? ServiceAccount { get; init; }
}

/// <summary>lib/rucio/client/baseclient.py, <c>auth_type</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClientAuthType>))]
public enum ClientAuthType { Userpass, Oidc, X509Proxy, X509 }

/// <summary>Entry of Rucio's JupyterLab extension (rucio_jupyterlab/config/schema.py).</summary>
public sealed record JupyterSpec
{
    /// <summary>Absent: the name of the VirtualOrganisation.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Storage that is mounted in notebooks: data is brought there. Absent: files are downloaded.</summary>
    public string? DestinationRse { get; init; }
    public string? RseMountPath { get; init; }

    /// <summary>How many folders at the start of the path in a file's URL the mount stands for (rucio_jupyterlab/mode_handlers/replica.py).</summary>
    public int? PathBeginsAt { get; init; }
    public int? RuleLifetimeDays { get; init; }
    public string? SiteName { get; init; }
    public bool Wildcards { get; init; }

    /// <summary>Environment variable of notebooks with the user's token.</summary>
    public string? TokenVariable { get; init; }
}
