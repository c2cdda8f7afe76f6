using System.Security.Cryptography;
using System.Text;
using RucioOperator.Grid;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Apply.Transfers;

/// <summary>In whose name data is moved.</summary>
/// <param name="Tag">Of the VO; empty: the instance's default credential.</param>
public sealed record Holder(ObjectKey Instance, string Tag)
{
    public override string ToString() => Tag == "" ? Instance.ToString() : $"{Instance} {Tag}";
}

/// <param name="Fqans">In the order in which they count; empty: as the VO has it.</param>
/// <param name="AllowedHosts">Of the instance: see HostGuard.</param>
public sealed record VomsWish(VomsServerAddress Server, IReadOnlyList<string> Fqans, IReadOnlyList<string>? AllowedHosts);

/// <summary>What one holder is to have. <see cref="object.ToString"/> shows no key.</summary>
/// <param name="Owner">The resource that asks: only it can take back what it asked for.</param>
/// <param name="CredentialDigest">Of the Secret's content.</param>
/// <param name="Authorities">PEM; trusted besides the system's.</param>
/// <param name="Lifetime">Of proxies and delegations.</param>
/// <param name="RenewBefore">Renewed when they have less left.</param>
public sealed record TransferWish(Holder Holder, ObjectKey Owner, ClientCredential Credential, string CredentialDigest, VomsWish? Voms, IReadOnlyList<Uri> FtsServers, string Authorities, TimeSpan Lifetime, TimeSpan RenewBefore)
{
    /// <summary>What was delegated before, by this holder: what is not wanted any more is revoked.</summary>
    public IReadOnlyList<FormerDelegation> Former { get; init; } = [];

    /// <summary>What a proxy depends on.</summary>
    public string Basis { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [CredentialDigest, $"{Voms?.Server}", .. Voms?.Fqans ?? []]))));

    /// <summary>Attributes that it brings along don't count where VOMS is asked for new ones.</summary>
    public DateTimeOffset CredentialNotAfter => Voms is null ? Credential.NotAfter : Credential.CertificateNotAfter;

    public RenewalTerms Terms(double spread) => new(Basis, CredentialNotAfter, Lifetime, RenewBefore, spread);

    /// <summary>Anything else is tried at once, whatever failed before.</summary>
    internal bool SameAs(TransferWish other) => Basis == other.Basis && Authorities == other.Authorities && (Lifetime, RenewBefore) == (other.Lifetime, other.RenewBefore)
        && FtsServers.SequenceEqual(other.FtsServers) && (Voms?.AllowedHosts ?? []).SequenceEqual(other.Voms?.AllowedHosts ?? []);

    public override string ToString() => Holder.ToString();
}

/// <summary>A credential that some FTS server holds, and that nobody asks for any more.</summary>
/// <param name="NotAfter">It is over by itself then; null: it was over before.</param>
public sealed record FormerDelegation(Uri Server, string Id, string Dn, IReadOnlyList<string> Fqans, DateTimeOffset? NotAfter);
