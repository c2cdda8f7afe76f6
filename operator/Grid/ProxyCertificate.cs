using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Grid;

/// <summary>A certificate chain with the key of its first: what a client presents.</summary>
public sealed record ClientCredential(IReadOnlyList<X509Certificate2> Chain, RSA Key)
{
    /// <param name="certificates">PEM, the client's own first.</param>
    public static ClientCredential FromPem(string certificates, string key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        var rsa = RSA.Create();
        rsa.ImportFromPem(key);
        return new ClientCredential([.. chain], rsa);
    }
}

/// <summary>Proxy certificates of RFC 3820: signed with the key of an ordinary certificate, its subject and one more CN.</summary>
public static class ProxyCertificate
{
    private const string ProxyCertInfo = "1.3.6.1.5.5.7.1.14";

    /// <summary>RFC 3820 3.8.2: the proxy may do all that its issuer may.</summary>
    private const string InheritAll = "1.3.6.1.5.5.7.21.1";

    public static ClientCredential Of(ClientCredential issuer, DateTimeOffset now, TimeSpan lifetime)
    {
        var of = issuer.Chain[0];
        var serial = RandomNumberGenerator.GetInt32(1, int.MaxValue);
        var key = RSA.Create(2048);
        var request = new CertificateRequest(WithCommonName(of.SubjectName, $"{serial}"), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509Extension(ProxyCertInfo, Info(), true));
        var proxy = request.Create(of.SubjectName, X509SignatureGenerator.CreateForRSA(issuer.Key, RSASignaturePadding.Pkcs1), now.AddMinutes(-5), Min(now + lifetime, of.NotAfter.ToUniversalTime()),
            [(byte)(serial >> 24), (byte)(serial >> 16), (byte)(serial >> 8), (byte)serial]);
        return new ClientCredential([proxy, .. issuer.Chain], key);
    }

    /// <summary>No proxy, and no authority signed it: an ordinary certificate's holder makes up one for somebody else. For tests of servers.</summary>
    public static ClientCredential Pretend(ClientCredential issuer, DateTimeOffset now)
    {
        var of = issuer.Chain[0];
        var key = RSA.Create(2048);
        var request = new CertificateRequest(WithCommonName(of.SubjectName, "somebody else"), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var made = request.Create(of.SubjectName, X509SignatureGenerator.CreateForRSA(issuer.Key, RSASignaturePadding.Pkcs1), now.AddMinutes(-5), now.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return new ClientCredential([made, .. issuer.Chain], key);
    }

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    /// <summary>One more relative name at the end, the others byte by byte: a proxy's issuer must match exactly.</summary>
    private static X500DistinguishedName WithCommonName(X500DistinguishedName name, string text)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            for (var parts = new AsnReader(name.RawData, AsnEncodingRules.BER).ReadSequence(); parts.HasData;)
            {
                writer.WriteEncodedValue(parts.ReadEncodedValue().Span);
            }
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("2.5.4.3");
                writer.WriteCharacterString(UniversalTagNumber.PrintableString, text);
            }
        }
        return new X500DistinguishedName(writer.Encode());
    }

    private static byte[] Info()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(InheritAll);
        }
        return writer.Encode();
    }
}
