using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>What a VirtualOrganisation asks for, with the secrets it needs already read.</summary>
/// <param name="Claimant">namespace/name of the resource: what a claim says.</param>
/// <param name="Granted">The platform engineer lists this tag for this namespace in <c>tenancy.vos</c>.</param>
/// <param name="ClaimantIsGone">The claim's resource exists no more, and it was in the same namespace, or the platform engineer grants the tag to this one.</param>
/// <param name="Passwords">Account → password, for each account with a password login.</param>
public sealed record DesiredVo(
    VirtualOrganisationSpec Spec,
    string Claimant,
    bool Granted,
    bool ClaimantIsGone,
    string PolicyPackage,
    string RootIdentity,
    string RootPassword,
    IReadOnlyDictionary<string, string> Passwords)
{
    /// <summary>Whom the root identity opens.</summary>
    public string RootAccount { get; init; } = "root";

    /// <summary>Takes the place of the root identity when it has been tried; null: none is asked for.</summary>
    public NextRoot? NextRoot { get; init; }

    /// <summary>The long name that this resource had before.</summary>
    public string? FormerLongName { get; init; }

    public string RootPasswordOf(string identity) => NextRoot is { } next && next.Identity == identity ? next.Password : RootPassword;

    /// <summary>Those of the spec, and of members.</summary>
    public IReadOnlyList<AccountSpec> Accounts { get => field ?? Spec.Accounts ?? []; init; }

    /// <summary>Accounts that nobody decides about now (their issuer was not read, too many would leave at once): left as they are.</summary>
    public IReadOnlySet<string> Held { get; init; } = new HashSet<string>();

    /// <summary>Null: the spec has none.</summary>
    public Membership? Membership { get; init; }

    /// <summary>Issuers whose tokens the instance takes; null: unknown, any is believed.</summary>
    public IReadOnlyList<TokenIssuer>? Issuers { get; init; }

    /// <summary>The server hands over names of certificates in OpenSSL's old form, with slashes.</summary>
    public bool SlashNames { get; init; }

    /// <summary>Wanted identities that another VO has, and that nobody allowed to be shared.</summary>
    public IReadOnlySet<ObservedIdentity> Taken { get; init; } = new HashSet<ObservedIdentity>();

    public SharedIdentities Shared { get; init; } = new([]);

    /// <summary>Found while its Secrets were read: what they concern is left as it is.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    public VoReach Reach { get; init; } = VoReach.Catalogue;

    /// <summary>Account → user name, where that is not the usual one: over REST a password can't be changed, so a new one comes with a new name.</summary>
    public IReadOnlyDictionary<string, string> Identities { get; init; } = new Dictionary<string, string>();

    /// <summary>USERPASS names are global in Rucio; the tag keeps VOs apart.</summary>
    public static string IdentityOf(string account, string tag) => $"{account}@{tag}";

    /// <summary>A name nobody can have taken: over REST an existing row keeps its password, whoever's it is.</summary>
    public static string NewIdentityOf(string account, string tag, string random) => $"{account}@{tag}-{random.ToLowerInvariant()}";

    public string IdentityOf(string account) => Identities.GetValueOrDefault(account) ?? IdentityOf(account, Spec.Tag);

    public override string ToString() => Claimant;
}

public sealed record NextRoot(string Identity, string Password)
{
    public override string ToString() => Identity;
}

/// <param name="Url">As in the <c>iss</c> of its tokens.</param>
public sealed record TokenIssuer(string Name, string Url);
