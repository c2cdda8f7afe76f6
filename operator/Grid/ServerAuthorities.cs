using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Grid;

/// <summary>Whom a client must trust to reach servers whose certificates no system knows.</summary>
public static class ServerAuthorities
{
    /// <param name="servers">PEM of each server's certificate and what follows it, and the <c>ca.crt</c> beside it (empty: none), which cert-manager writes for private issuers.</param>
    /// <param name="trusted">PEM of authorities one of which may have signed; null: none.</param>
    /// <returns>PEM, each certificate once; null: none of the servers needs more than a system has.</returns>
    public static string? Of(IEnumerable<(string Certificates, string Authority)> servers, string? trusted)
    {
        List<string> authorities = [];
        foreach (var (certificates, authority) in servers)
        {
            authorities.AddRange(Read(authority) is { Count: > 0 } given ? Pem(given) : Signers(certificates, trusted));
        }
        return authorities.Count == 0 ? null : string.Concat(authorities.Distinct());
    }

    private static IEnumerable<string> Signers(string certificates, string? trusted)
    {
        var presented = Read(certificates);
        if (presented.Count == 0)
        {
            return [];
        }
        var server = presented[0];
        if (server.SubjectName.RawData.AsSpan().SequenceEqual(server.IssuerName.RawData))
        {
            return Pem([server]);
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Read(trusted ?? ""));
        chain.ChainPolicy.ExtraStore.AddRange(presented);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // That it ran out is told elsewhere, and who signed it stays the same.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(server) ? Pem(chain.ChainElements.Skip(1).Select(e => e.Certificate)) : [];
    }

    private static List<string> Pem(IEnumerable<X509Certificate2> certificates) => [.. certificates.Select(c => c.ExportCertificatePem() + "\n")];

    private static X509Certificate2Collection Read(string pem)
    {
        var read = new X509Certificate2Collection();
        try
        {
            read.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // Told where the Secret is checked.
        }
        return read;
    }
}
