using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Security.Certificates;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.X509;

namespace RucioOperator.Sandbox.Grid;

/// <summary>Who showed a certificate, read as OpenSSL with proxies allowed and GridSite read it.</summary>
/// <param name="Chain">As it was presented.</param>
/// <param name="Dn">Of the end entity, as X509_NAME_oneline writes it.</param>
/// <param name="Fqans">As they stand in the attribute certificate, <c>/Role=NULL/Capability=NULL</c> and all (seen at GridSite 3). Those of attributes that ran out, or that nobody trusted signed, don't count.</param>
public sealed record GridClient(IReadOnlyList<X509Certificate2> Chain, string Dn, IReadOnlyList<string> Fqans)
{
    private const string ProxyCertInfo = "1.3.6.1.5.5.7.1.14";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string AttributeCertificates = "1.3.6.1.4.1.8005.100.100.5";
    private const string FqanAttribute = "1.3.6.1.4.1.8005.100.100.4";
    private const string AttributeIssuers = "1.3.6.1.4.1.8005.100.100.10";

    private static readonly Dictionary<string, string> Keys = new()
    {
        ["2.5.4.3"] = "CN",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "ST",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
        ["0.9.2342.19200300.100.1.1"] = "UID",
        ["0.9.2342.19200300.100.1.25"] = "DC",
        ["1.2.840.113549.1.9.1"] = "emailAddress",
    };

    /// <exception cref="TlsFatalAlert">As OpenSSL refuses it in the handshake.</exception>
    internal static GridClient Judge(IReadOnlyList<X509Certificate2> chain, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        var at = 0;
        for (; IsProxy(chain[at]); at++)
        {
            if (at + 1 == chain.Count || !IsProxyOf(chain[at], chain[at + 1]))
                throw new TlsFatalAlert(AlertDescription.unknown_ca);
            Require(IsLive(chain[at], now), AlertDescription.certificate_expired);
        }
        var holder = chain[at];
        Require(IsVouchedFor(holder, chain, authorities, now), AlertDescription.unknown_ca);
        Require(IsLive(holder, now), AlertDescription.certificate_expired);
        Require(holder.Extensions.OfType<X509EnhancedKeyUsageExtension>().All(u => u.EnhancedKeyUsages.Cast<Oid>().Any(o => o.Value == ClientAuthentication)), AlertDescription.unsupported_certificate);
        return new GridClient(chain, DnOf(holder.SubjectName), [.. chain.Take(at).Select(p => FqansOf(p, holder, authorities, now)).FirstOrDefault(f => f.Count > 0) ?? []]);
    }

    internal static string DnOf(X500DistinguishedName name) => string.Concat(name.EnumerateRelativeDistinguishedNames(reversed: false)
        .Select(p => $"/{Keys.GetValueOrDefault(p.GetSingleElementType().Value!, p.GetSingleElementType().Value!)}={p.GetSingleElementValue()}"));

    /// <summary>Signed by it, and named like it with one CN more.</summary>
    internal static bool IsProxyOf(X509Certificate2 proxy, X509Certificate2 issuer)
    {
        var (own, above) = (proxy.SubjectName.EnumerateRelativeDistinguishedNames(false).ToList(), issuer.SubjectName.EnumerateRelativeDistinguishedNames(false).ToList());
        return proxy.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData) && IsSignedBy(proxy, issuer)
            && own.Count == above.Count + 1 && own[^1].GetSingleElementType().Value == "2.5.4.3" && own.Zip(above).All(p => p.First.RawData.Span.SequenceEqual(p.Second.RawData.Span));
    }

    internal static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        try
        {
            new X509CertificateParser().ReadCertificate(certificate.RawData).Verify(new X509CertificateParser().ReadCertificate(issuer.RawData).GetPublicKey());
            return true;
        }
        catch (Exception e) when (e is GeneralSecurityException or CertificateException or ArgumentException)
        {
            return false;
        }
    }

    private static bool IsProxy(X509Certificate2 certificate) => certificate.Extensions.Any(e => e.Oid?.Value == ProxyCertInfo);

    private static bool IsLive(X509Certificate2 certificate, DateTimeOffset now) => certificate.NotBefore.ToUniversalTime() <= now && certificate.NotAfter.ToUniversalTime() >= now;

    private static bool IsVouchedFor(X509Certificate2 certificate, IEnumerable<X509Certificate2> sent, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        using var build = new X509Chain();
        build.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        build.ChainPolicy.CustomTrustStore.AddRange(authorities);
        build.ChainPolicy.ExtraStore.AddRange(sent.Where(c => !IsProxy(c)).ToArray());
        build.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        build.ChainPolicy.VerificationTime = now.UtcDateTime;
        // The end's own time is told by another alert.
        build.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        build.ChainPolicy.DisableCertificateDownloads = true;
        return build.Build(certificate);
    }

    private static List<string> FqansOf(X509Certificate2 proxy, X509Certificate2 holder, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        if (proxy.Extensions.FirstOrDefault(e => e.Oid?.Value == AttributeCertificates) is not { } extension)
            return [];
        var encoded = Asn1Sequence.GetInstance(Asn1Sequence.GetInstance(Asn1Object.FromByteArray(extension.RawData))[0])[0].ToAsn1Object().GetEncoded();
        var attributes = new X509V2AttributeCertificate(encoded);
        var isHis = attributes.Holder.SerialNumber?.Equals(new X509CertificateParser().ReadCertificate(holder.RawData).SerialNumber) == true;
        if (!isHis || !attributes.IsValid(now.UtcDateTime) || !IsSignedByTrusted(attributes, authorities, now))
            return [];
        return [.. attributes.GetAttributes(FqanAttribute)
            .SelectMany(a => IetfAttrSyntax.GetInstance(a.GetValues()[0]).GetValues().Cast<Asn1OctetString>())
            .Select(v => System.Text.Encoding.ASCII.GetString(v.GetOctets()))];
    }

    private static bool IsSignedByTrusted(X509V2AttributeCertificate attributes, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        if (attributes.GetExtensionValue(new DerObjectIdentifier(AttributeIssuers)) is not { } issuers)
            return false;
        var encoded = Asn1Sequence.GetInstance(Asn1Sequence.GetInstance(Asn1Object.FromByteArray(issuers.GetOctets()))[0])[0].ToAsn1Object().GetEncoded();
        using var issuer = X509CertificateLoader.LoadCertificate(encoded);
        try
        {
            attributes.Verify(new X509CertificateParser().ReadCertificate(encoded).GetPublicKey());
        }
        catch (Exception e) when (e is GeneralSecurityException or CertificateException)
        {
            return false;
        }
        return IsVouchedFor(issuer, [], authorities, now);
    }

    private static void Require(bool fits, short alert)
    {
        if (!fits)
            throw new TlsFatalAlert(alert);
    }
}
