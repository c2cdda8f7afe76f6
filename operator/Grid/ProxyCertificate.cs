using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RucioOperator.Runtime;

namespace RucioOperator.Grid;

/// <summary>Proxy certificates of RFC 3820: signed with the key of an ordinary certificate, its subject and one more CN.</summary>
public static class ProxyCertificate
{
    private const int KeyBits = 2048;

    /// <summary>Clocks differ.</summary>
    private static readonly TimeSpan Backdated = TimeSpan.FromMinutes(5);

    /// <summary>With a new key.</summary>
    /// <param name="lifetime">Cut to what the issuer's chain and the attributes have left.</param>
    /// <param name="attributeCertificates">Of VOMS, to embed: one in DER, or several one after the other.</param>
    /// <exception cref="FormatException">Nothing of the issuer or the attributes is left; or the attributes can't be read, or are for another certificate.</exception>
    public static ClientCredential Of(ClientCredential issuer, DateTimeOffset now, TimeSpan lifetime, byte[]? attributeCertificates = null)
    {
        (X509Extension Extension, DateTimeOffset NotAfter)? attributes = attributeCertificates is null ? null : Embedded(attributeCertificates, issuer, now);
        var end = Times.Earlier(now + lifetime, attributes is { } given ? Times.Earlier(given.NotAfter, issuer.CertificateNotAfter) : Left(issuer, now));
        var key = RSA.Create(KeyBits);
        return new ClientCredential([Create(issuer, key, now, end, attributes?.Extension), .. issuer.Chain], key);
    }

    /// <summary>Somebody else's key is signed, as in delegation.</summary>
    /// <returns>PEM of the new proxy and the issuer's whole chain; no key.</returns>
    /// <exception cref="FormatException">The request can't be read, is not signed by its own key, or its key is too weak; or nothing of the issuer is left.</exception>
    public static string Sign(ClientCredential issuer, string csrPem, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = RequestedKey(csrPem);
        using var proxy = Create(issuer, key, now, Times.Earlier(now + lifetime, Left(issuer, now)), null);
        return $"{proxy.ExportCertificatePem()}\n{issuer.ChainPem()}";
    }

    /// <summary>No proxy, and no authority signed it: an ordinary certificate's holder makes up one for somebody else. For tests of servers.</summary>
    public static ClientCredential Pretend(ClientCredential issuer, DateTimeOffset now)
    {
        var of = issuer.Chain[0];
        var key = RSA.Create(KeyBits);
        var request = new CertificateRequest(WithCommonName(of.SubjectName, "somebody else"), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var made = request.Create(of.SubjectName, X509SignatureGenerator.CreateForRSA(issuer.Key, RSASignaturePadding.Pkcs1), now.AddMinutes(-5), now.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return new ClientCredential([made, .. issuer.Chain], key);
    }

    private static X509Certificate2 Create(ClientCredential issuer, RSA key, DateTimeOffset now, DateTimeOffset end, X509Extension? attributes)
    {
        var of = issuer.Chain[0];
        if (end <= now)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"nothing is left of the {issuer}"));
        }
        var serial = Serial();
        var request = new CertificateRequest(WithCommonName(of.SubjectName, new BigInteger(serial, isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture)), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        // As Globus does: a proxy may never do more than its issuer (RFC 3820 3.7, 3.8).
        if (of.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } purposes)
        {
            request.CertificateExtensions.Add(purposes);
        }
        request.CertificateExtensions.Add(new X509KeyUsageExtension(Usages(of), critical: true));
        request.CertificateExtensions.Add(new X509Extension(ProxyInfo.Extension, Info(), critical: true));
        if (attributes is not null)
        {
            request.CertificateExtensions.Add(attributes);
        }
        return request.Create(of.SubjectName, X509SignatureGenerator.CreateForRSA(issuer.Key, RSASignaturePadding.Pkcs1), now - Backdated, end, serial);
    }

    /// <summary>Positive, without leading zeros, and never twice for one issuer.</summary>
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(8);
        serial[0] = (byte)(serial[0] & 0x3f | 0x40);
        return serial;
    }

    /// <summary>What the issuer may do, without what a proxy must not (RFC 3820 3.7: signing certificates; and committing its holder to anything).</summary>
    private static X509KeyUsageFlags Usages(X509Certificate2 issuer)
    {
        const X509KeyUsageFlags Allowed = X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment | X509KeyUsageFlags.KeyAgreement;
        var given = issuer.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault()?.KeyUsages ?? X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment;
        return given & Allowed | X509KeyUsageFlags.DigitalSignature;
    }

    /// <summary>Attributes of its own that are alive would be dead before it.</summary>
    private static DateTimeOffset Left(ClientCredential issuer, DateTimeOffset now) =>
        issuer.Attributes is { } attributes && attributes.NotAfter > now ? Times.Earlier(attributes.NotAfter, issuer.CertificateNotAfter) : issuer.CertificateNotAfter;

    private static (X509Extension Extension, DateTimeOffset NotAfter) Embedded(byte[] certificates, ClientCredential issuer, DateTimeOffset now)
    {
        var end = DateTimeOffset.MaxValue;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            foreach (var certificate in Split(certificates))
            {
                var attributes = VomsAttributes.Parse(certificate);
                if (!attributes.AreFor(issuer.EndEntity))
                {
                    throw new FormatException($"the attributes of VO {attributes.Vo} are for another certificate");
                }
                if (attributes.NotAfter <= now)
                {
                    throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the attributes of VO {attributes.Vo} ran out at {attributes.NotAfter:yyyy-MM-ddTHH:mm:ssZ}"));
                }
                end = Times.Earlier(end, attributes.NotAfter);
                writer.WriteEncodedValue(certificate.Span);
            }
        }
        return (new X509Extension(VomsAttributes.Extension, writer.Encode(), critical: false), end);
    }

    private static List<ReadOnlyMemory<byte>> Split(byte[] certificates)
    {
        try
        {
            var values = new List<ReadOnlyMemory<byte>>();
            for (var reader = new AsnReader(certificates, AsnEncodingRules.BER); reader.HasData;)
            {
                values.Add(reader.ReadEncodedValue());
            }
            return values;
        }
        catch (AsnContentException)
        {
            throw new FormatException("the attribute certificate can't be read");
        }
    }

    private static RSA RequestedKey(string csrPem)
    {
        RSA? key;
        try
        {
            key = CertificateRequest.LoadSigningRequestPem(csrPem, HashAlgorithmName.SHA256).PublicKey.GetRSAPublicKey();
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new FormatException("the request to sign can't be read, or is not signed by its own key");
        }
        if (key is null || key.KeySize < KeyBits)
        {
            throw new FormatException($"the key to sign is no RSA key of at least {KeyBits} bits");
        }
        return key;
    }

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

    /// <summary>No path length, policy inheritAll.</summary>
    private static byte[] Info()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(ProxyInfo.InheritAll);
        }
        return writer.Encode();
    }
}
