using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace RucioOperator.Sandbox.Grid;

/// <summary>
/// Signs attribute certificates as a VOMS server does (compared with voms-proxy-fake -newformat; voms-proxy-info takes them).
/// </summary>
/// <param name="host">As it stands in the attribute certificate, with <paramref name="port"/>.</param>
/// <param name="certificatePem">The server's own certificate, with an RSA key.</param>
public sealed class AttributeAuthority(string vo, string host, int port, string certificatePem, string keyPem)
{
    private const string Sha256WithRsa = "1.2.840.113549.1.1.11";
    private const string FqanAttribute = "1.3.6.1.4.1.8005.100.100.4";
    private const string IssuerCertificates = "1.3.6.1.4.1.8005.100.100.10";
    private const string NoRevocation = "2.5.29.56";
    private const string AuthorityKey = "2.5.29.35";

    private static readonly Asn1Tag First = new(TagClass.ContextSpecific, 0);

    private readonly X509Certificate2 certificate = X509Certificate2.CreateFromPem(certificatePem);

    /// <param name="holder">The end entity, not a proxy of it.</param>
    /// <param name="fqans">As they are to stand in it: real servers append <c>/Role=NULL/Capability=NULL</c>, and so does this where they don't say otherwise.</param>
    /// <returns>DER.</returns>
    public byte[] Issue(X509Certificate2 holder, IEnumerable<string> fqans, DateTimeOffset from, DateTimeOffset to)
    {
        var info = Info(holder, fqans, from, to);
        using var key = RSA.Create();
        key.ImportFromPem(keyPem);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(info);
            Algorithm(writer);
            writer.WriteBitString(key.SignData(info, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }
        return writer.Encode();
    }

    private byte[] Info(X509Certificate2 holder, IEnumerable<string> fqans, DateTimeOffset from, DateTimeOffset to)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            using (writer.PushSequence())
            using (writer.PushSequence(First))
            {
                using (writer.PushSequence())
                    Name(writer, holder.IssuerName);
                writer.WriteInteger(holder.SerialNumberBytes.Span);
            }
            using (writer.PushSequence(First))
            using (writer.PushSequence())
                Name(writer, certificate.SubjectName);
            Algorithm(writer);
            writer.WriteInteger(new BigInteger(RandomNumberGenerator.GetBytes(8), isUnsigned: true) + 1);
            using (writer.PushSequence())
            {
                writer.WriteGeneralizedTime(from, omitFractionalSeconds: true);
                writer.WriteGeneralizedTime(to, omitFractionalSeconds: true);
            }
            using (writer.PushSequence())
                Attribute(writer, fqans);
            using (writer.PushSequence())
                Extensions(writer);
        }
        return writer.Encode();
    }

    private void Attribute(AsnWriter writer, IEnumerable<string> fqans)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(FqanAttribute);
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                using (writer.PushSequence(First))
                    writer.WriteCharacterString(UniversalTagNumber.IA5String, $"{vo}://{host}:{port}", new Asn1Tag(TagClass.ContextSpecific, 6));
                using (writer.PushSequence())
                {
                    foreach (var fqan in fqans)
                        writer.WriteOctetString(Encoding.ASCII.GetBytes(Long(fqan)));
                }
            }
        }
    }

    private void Extensions(AsnWriter writer)
    {
        var certificates = new AsnWriter(AsnEncodingRules.DER);
        using (certificates.PushSequence())
        using (certificates.PushSequence())
            certificates.WriteEncodedValue(certificate.RawData);
        Extension(writer, IssuerCertificates, certificates.Encode());
        Extension(writer, NoRevocation, [5, 0]);
        if (certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault() is { } own)
            Extension(writer, AuthorityKey, X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(own).RawData);
    }

    private static void Extension(AsnWriter writer, string oid, byte[] value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            writer.WriteOctetString(value);
        }
    }

    private static void Name(AsnWriter writer, X500DistinguishedName name)
    {
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
            writer.WriteEncodedValue(name.RawData);
    }

    private static void Algorithm(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Sha256WithRsa);
            writer.WriteNull();
        }
    }

    private static string Long(string fqan) => (fqan.Contains("/Role=", StringComparison.Ordinal), fqan.Contains("/Capability=", StringComparison.Ordinal)) switch
    {
        (_, true) => fqan,
        (true, false) => $"{fqan}/Capability=NULL",
        _ => $"{fqan}/Role=NULL/Capability=NULL",
    };
}
