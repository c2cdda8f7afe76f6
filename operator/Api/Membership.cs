using System.Text.Json.Serialization;

namespace RucioOperator.Api;

/// <summary>Accounts for the people of a token issuer, read from its SCIM interface (RFC 7644, with INDIGO IAM's extension).</summary>
public sealed record MembershipSpec
{
    /// <summary>Name of one of the instance's <c>oidc.issuers</c>, which must grant the groups.</summary>
    public string Issuer { get; set; } = "";
    public IReadOnlyList<MemberGroup> Groups { get; set; } = [];
    public MembershipMode Mode { get; set; } = MembershipMode.DryRun;

    /// <summary>Absent: the token subject alone.</summary>
    public IReadOnlyList<MemberIdentity>? Identities { get; init; }

    /// <summary>Between two reads; others that share the issuer may ask for it more often.</summary>
    public string Interval { get; set; } = "10m";

    /// <summary>Safety stop: if more of the accounts would be suspended at once, none is.</summary>
    public int MaxLeavingPercent { get; set; } = 20;
}

/// <summary>Who is in several groups gets the attributes and the larger quotas of all.</summary>
public sealed record MemberGroup
{
    /// <summary>Every active user of the issuer.</summary>
    public const string Everybody = "*";

    /// <summary>Display name at the issuer.</summary>
    public string Name { get; set; } = "";
    public bool Admin { get; init; }
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
    public IReadOnlyList<QuotaSpec>? Quotas { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<MembershipMode>))]
public enum MembershipMode { DryRun, Apply }

[JsonConverter(typeof(JsonStringEnumConverter<MemberIdentity>))]
public enum MemberIdentity { Oidc, X509, Ssh }

/// <summary>On an issuer: which VO may read, and make accounts of, which groups. Nobody else learns anything of them.</summary>
public sealed record MembershipGrant
{
    public string Tag { get; set; } = "";
    public string Namespace { get; set; } = "";

    /// <summary>Display names; <c>*</c> is every group, and everybody.</summary>
    public IReadOnlyList<string> Groups { get; set; } = [];
}

/// <summary>What the last complete read of the issuer means for this VO.</summary>
public sealed record MembershipStatus
{
    /// <summary>Active users in the groups.</summary>
    public int Members { get; init; }

    /// <summary>Of them, those without an active account yet.</summary>
    public int Joining { get; init; }

    /// <summary>Accounts that the sync made whose user is no member any more.</summary>
    public int Leaving { get; init; }

    /// <summary>Changes of when the members, or what they get, are others.</summary>
    public string? Revision { get; init; }

    /// <summary>What is left out, and why.</summary>
    public IReadOnlyList<string>? Skipped { get; init; }

    /// <summary>In a dry run: what would be done.</summary>
    public PlanStatus? Plan { get; init; }
}
