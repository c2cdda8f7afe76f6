using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Grid;

/// <summary>Whether an authority vouches for the certificate that a credential's proxies are made from.</summary>
internal static class CredentialTrust
{
    /// <param name="authoritiesPem">Besides the system's.</param>
    public static string? Fault(ClientCredential credential, string authoritiesPem, DateTimeOffset now)
    {
        var endEntity = credential.EndEntity;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(authoritiesPem);
        }
        catch (CryptographicException)
        {
            return $"whether {TransferCredential.Name(endEntity)} is trusted can't be told: the bundles of spec.trust.caBundles can't be read";
        }
        var faults = Build(endEntity, credential, authorities, X509ChainTrustMode.CustomRootTrust, now);
        return faults.Count == 0 || Build(endEntity, credential, authorities, X509ChainTrustMode.System, now).Count == 0
            ? null
            : $"{TransferCredential.Name(endEntity)} is signed by {SlashName.Of(endEntity.IssuerName)}, {Why(faults)}";
    }

    private static string Why(List<X509ChainStatusFlags> faults) => faults switch
    {
        _ when faults.Any(f => f is X509ChainStatusFlags.NotSignatureValid) => "whose signature it does not bear",
        _ when faults.Any(f => f is X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot) => "which is not, or not with all authorities above it, in the instance's spec.trust.caBundles",
        _ when faults.Any(f => f is X509ChainStatusFlags.NotTimeValid) => "one of whose certificates has run out",
        _ => $"which may not vouch for it ({string.Join(", ", faults)})",
    };

    private static List<X509ChainStatusFlags> Build(X509Certificate2 certificate, ClientCredential credential, X509Certificate2Collection authorities, X509ChainTrustMode mode, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = mode;
        if (mode == X509ChainTrustMode.CustomRootTrust)
        {
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        chain.ChainPolicy.ExtraStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(credential.Chain.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        return chain.Build(certificate) ? [] : [.. chain.ChainStatus.Select(s => s.Status)];
    }
}
