using System.Text.Json.Serialization;

namespace RucioOperator.Api;

/// <summary>What moves data between storages, and in whose name.</summary>
public sealed record TransfersSpec
{
    /// <summary>FTS endpoints such as <c>https://fts.example.org:8446</c>; tenants choose from this list only.</summary>
    public IReadOnlyList<string>? FtsServers { get; init; }

    /// <summary>
    /// The default credential: for VOs without their own, and for what Rucio asks of FTS without a VO, which is cancelling and re-prioritising
    /// (lib/rucio/core/transfer.py). Keys: <c>tls.crt</c> and <c>tls.key</c>, or <c>usercert.pem</c> and <c>userkey.pem</c>, with <c>passphrase</c>; or <c>x509up</c>.
    /// </summary>
    public SecretRef? CredentialSecretRef { get; init; }

    /// <summary>Of the default credential.</summary>
    public VomsSpec? Voms { get; init; }

    /// <summary>For every credential, VOs' too. Absent: as <c>new ProxySpec()</c>.</summary>
    public ProxySpec? Proxy { get; init; }

    /// <summary>Default for VOs; absent: Certificates.</summary>
    public TransferMode? Mode { get; init; }

    /// <summary>Schemes a transfer may use; absent: all that the storages have.</summary>
    public IReadOnlyList<string>? Schemes { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<TransferMode>))]
public enum TransferMode { Certificates, Tokens }

public sealed record ProxySpec
{
    /// <summary>Hours or days, 12h to 30d; never beyond what it is made from.</summary>
    public string Lifetime { get; set; } = "96h";

    /// <summary>A new one is made when the one in use has less left; 4h and more, less than the lifetime. Absent: half the lifetime.</summary>
    public string? RenewBefore { get; init; }

    [JsonIgnore] public TimeSpan Lives => Age.Parse(Lifetime);

    [JsonIgnore] public TimeSpan RenewedBefore => RenewBefore is { } before ? Age.Parse(before) : Lives / 2;
}

/// <summary>In whose name one VO moves data.</summary>
public sealed record VoTransfersSpec
{
    /// <summary>As the instance's, in the VO's own namespace.</summary>
    public SecretRef? CredentialSecretRef { get; init; }
    public VomsSpec? Voms { get; init; }

    /// <summary>One of the instance's; absent: all of them.</summary>
    public string? Fts { get; init; }

    /// <summary>Absent: the instance's.</summary>
    public TransferMode? Mode { get; init; }
}

/// <summary>Attributes that a VOMS server puts into a proxy: by its line in a vomses file, or by that line's parts.</summary>
public sealed record VomsSpec
{
    /// <summary>Its name in VOMS, not Rucio's tag.</summary>
    public string? Vo { get; init; }
    public string? Host { get; init; }
    public int? Port { get; init; }

    /// <summary>Subject of the server's certificate; absent: its host name alone is compared.</summary>
    public string? ServerDn { get; init; }

    /// <summary><c>"alias" "host" "port" "subject" "vo"</c>, instead of the four fields.</summary>
    public string? Vomses { get; init; }

    /// <summary>Groups and roles in the order in which they count, such as <c>/escape/Role=production</c>; absent: <c>/&lt;vo&gt;</c>.</summary>
    public IReadOnlyList<string>? Fqans { get; init; }
}

/// <summary>What a credential came to. No part of it is a secret.</summary>
public sealed record TransfersStatus
{
    /// <summary>Of the certificate, with slashes, as FTS and VOMS say it.</summary>
    public string? Subject { get; init; }
    public string? Issuer { get; init; }
    public DateTime? CertificateNotAfter { get; init; }
    public DateTime? ProxyNotAfter { get; init; }
    public IReadOnlyList<string>? Fqans { get; init; }

    /// <summary>The first end among <see cref="Delegations"/>.</summary>
    public DateTime? DelegatedUntil { get; init; }
    public IReadOnlyList<DelegationStatus>? Delegations { get; init; }
}

/// <summary>What one FTS server holds.</summary>
public sealed record DelegationStatus
{
    public string Server { get; set; } = "";

    /// <summary>FTS's name for the pair of subject and FQANs.</summary>
    public string Id { get; set; } = "";
    public string Dn { get; set; } = "";
    public IReadOnlyList<string>? Fqans { get; init; }

    /// <summary>Null: it holds nothing that is alive.</summary>
    public DateTime? NotAfter { get; init; }
}
