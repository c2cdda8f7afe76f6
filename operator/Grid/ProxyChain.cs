using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;
using BouncyCertificate = Org.BouncyCastle.X509.X509Certificate;

namespace RucioOperator.Grid;

/// <summary>
/// RFC 3820's rules for the proxies of a chain, down to the certificate that an authority signed. The framework's chain
/// engine can't: it throws on proxies.
/// </summary>
internal static class ProxyChain
{
    private static readonly string[] AlternativeNames = ["2.5.29.17", "2.5.29.18"];

    /// <summary>From the given one to its issuer and so on; what does not belong to it, and what signed itself, is left out.</summary>
    public static List<X509Certificate2> Order(X509Certificate2 own, IReadOnlyList<X509Certificate2> among)
    {
        List<X509Certificate2> chain = [own];
        while (!IsSelfIssued(chain[^1]) && among.Where(c => !IsSelfIssued(c) && !chain.Contains(c) && IsNamed(c, chain[^1])) is var issuers && issuers.Any())
        {
            // Authorities renew their certificates under one name.
            chain.Add(issuers.FirstOrDefault(i => IsSigned(chain[^1], i)) ?? issuers.First());
        }
        return chain;
    }

    /// <summary>First rule that fails wins. Null: it is sound, or there is no proxy in it.</summary>
    /// <param name="toCome">How many more proxies will be made below it.</param>
    public static string? Fault(IReadOnlyList<X509Certificate2> chain, int toCome)
    {
        for (var i = 0; i < chain.Count && ProxyInfo.Of(chain[i]) is { IsProxy: true } info; i++)
        {
            if (Fault(chain[i], info, chain.ElementAtOrDefault(i + 1), below: i + toCome) is { } fault)
            {
                return fault;
            }
        }
        return null;
    }

    private static string? Fault(X509Certificate2 proxy, ProxyInfo info, X509Certificate2? issuer, int below)
    {
        var name = TransferCredential.Name(proxy);
        return info.Kind switch
        {
            ProxyKind.Legacy or ProxyKind.Draft => $"{name} is a proxy of an old kind, which storages refuse: make an RFC 3820 one, as with voms-proxy-init -rfc",
            ProxyKind.Limited => $"{name} is a limited proxy, with which no transfer can be delegated: make it without -limited",
            ProxyKind.OtherPolicy => $"{name} is a proxy that does not have all rights of its issuer: it must be made with policy inheritAll",
            ProxyKind.Unreadable => $"{name} says that it is a proxy, in a way that can't be read",
            _ when issuer is null => $"{name} is a proxy, and the certificate that it is made from is missing behind it",
            _ when !IsNamed(issuer, proxy) || !IsOneNameLonger(proxy, issuer) => $"{name} is a proxy, and its subject is not its issuer's and one CN",
            _ when !IsSigned(proxy, issuer) => $"{name} is a proxy that {TransferCredential.Name(issuer)} did not sign",
            _ when IsAuthority(proxy) || MaySignCertificates(proxy) => $"{name} is a proxy that says it is an authority",
            _ when IsAuthority(issuer) => $"{name} is a proxy that was signed by an authority",
            _ when !TransferCredential.MaySign(issuer) || !TransferCredential.MaySign(proxy) => $"{name} is a proxy, and it or its issuer has a key usage without digital signature",
            _ when AlternativeNames.Any(n => proxy.Extensions[n] is not null) => $"{name} is a proxy with alternative names, which RFC 3820 forbids",
            _ when info.PathLength < below => $"{name} allows {info.PathLength} further proxies below it, and {below} are needed: make it without a path length",
            _ => null,
        };
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) => IsNamed(certificate, certificate);

    /// <summary>It has the name of the other's issuer.</summary>
    private static bool IsNamed(X509Certificate2 issuer, X509Certificate2 of) => issuer.SubjectName.RawData.AsSpan().SequenceEqual(of.IssuerName.RawData);

    private static bool IsOneNameLonger(X509Certificate2 proxy, X509Certificate2 issuer)
    {
        var (own, parent) = (SlashName.Parts(proxy.SubjectName), SlashName.Parts(issuer.SubjectName));
        return own.Count == parent.Count + 1 && own.SkipLast(1).SequenceEqual(parent) && SlashName.IsCommonName(own[^1]);
    }

    internal static bool IsSigned(X509Certificate2 certificate, X509Certificate2 by)
    {
        try
        {
            return new BouncyCertificate(certificate.RawData).IsSignatureValid(new BouncyCertificate(by.RawData).GetPublicKey());
        }
        catch (Exception error) when (error is GeneralSecurityException or CryptoException or ArgumentException or InvalidOperationException or IOException or InvalidCastException)
        {
            return false;
        }
    }

    internal static bool IsAuthority(X509Certificate2 certificate) => certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority);

    private static bool MaySignCertificates(X509Certificate2 certificate) => certificate.Extensions.OfType<X509KeyUsageExtension>().Any(u => u.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign));
}
