using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace RucioOperator.Grid;

/// <summary>What a VOMS server vouches for: an attribute certificate (RFC 5755) with VOMS' attribute of FQANs.</summary>
/// <param name="Fqans">In the server's order, the first is the primary one; see <see cref="Short"/>.</param>
/// <param name="Issuer">Subject of the VOMS server's certificate, with slashes.</param>
/// <param name="Server">Host and port as the server gives them; empty: it gives none.</param>
public sealed record VomsAttributes(string Vo, IReadOnlyList<string> Fqans, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string Issuer, string Server)
{
    /// <summary>In a proxy: SEQUENCE OF SEQUENCE OF AttributeCertificate.</summary>
    public const string Extension = "1.3.6.1.4.1.8005.100.100.5";

    private const string FqanAttribute = "1.3.6.1.4.1.8005.100.100.4";

    /// <summary>Serial number of the certificate that they are for, and the name beside it.</summary>
    private BigInteger HolderSerial { get; init; }
    private string HolderName { get; init; } = "";

    /// <summary>
    /// By RFC 5755 the name beside the serial is the issuer's; older VOMS servers write the holder's own.
    /// </summary>
    public bool AreFor(X509Certificate2 holder) =>
        HolderSerial == new BigInteger(holder.SerialNumberBytes.Span, isUnsigned: false, isBigEndian: true)
        && (HolderName == SlashName.Of(holder.IssuerName) || HolderName == SlashName.Of(holder.SubjectName));

    /// <summary>Without the empty parts that servers may append: <c>/escape/Role=NULL/Capability=NULL</c> is <c>/escape</c>.</summary>
    public static string Short(string fqan)
    {
        fqan = fqan.EndsWith("/Capability=NULL", StringComparison.Ordinal) ? fqan[..^"/Capability=NULL".Length] : fqan;
        return fqan.EndsWith("/Role=NULL", StringComparison.Ordinal) ? fqan[..^"/Role=NULL".Length] : fqan;
    }

    /// <summary>Of the first attribute certificate in it; null: it has none.</summary>
    /// <exception cref="FormatException">It has one that can't be read.</exception>
    public static VomsAttributes? Of(X509Certificate2 proxy)
    {
        if (proxy.Extensions[Extension] is not { } extension)
        {
            return null;
        }
        try
        {
            var certificates = new AsnReader(extension.RawData, AsnEncodingRules.BER).ReadSequence().ReadSequence();
            return certificates.HasData ? Parse(certificates.ReadEncodedValue()) : null;
        }
        catch (AsnContentException)
        {
            throw Unreadable();
        }
    }

    /// <param name="attributeCertificate">DER.</param>
    /// <exception cref="FormatException">It is no attribute certificate, or not one of VOMS.</exception>
    public static VomsAttributes Parse(ReadOnlyMemory<byte> attributeCertificate)
    {
        try
        {
            return Read(new AsnReader(attributeCertificate, AsnEncodingRules.BER).ReadSequence().ReadSequence());
        }
        catch (AsnContentException)
        {
            throw Unreadable();
        }
    }

    private static FormatException Unreadable() => new("the attribute certificate can't be read");

    /// <summary>AttributeCertificateInfo: version, holder, issuer, signature, serial, validity, attributes.</summary>
    private static VomsAttributes Read(AsnReader info)
    {
        info.ReadInteger();
        var holder = info.ReadSequence().ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        var holderName = DirectoryName(holder.ReadSequence());
        var holderSerial = holder.ReadInteger();
        var issuer = DirectoryName(info.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence());
        info.ReadSequence();
        info.ReadInteger();
        var validity = info.ReadSequence();
        var (from, to) = (validity.ReadGeneralizedTime(), validity.ReadGeneralizedTime());
        for (var attributes = info.ReadSequence(); attributes.HasData;)
        {
            var attribute = attributes.ReadSequence();
            if (attribute.ReadObjectIdentifier() == FqanAttribute)
            {
                var (vo, server, fqans) = Fqan(attribute.ReadSetOf(skipSortOrderValidation: true).ReadSequence());
                return new(vo, fqans, from, to, issuer, server) { HolderSerial = holderSerial, HolderName = holderName };
            }
        }
        throw new FormatException("the attribute certificate has no FQANs");
    }

    /// <summary>GeneralNames with a directoryName [4] in it.</summary>
    private static string DirectoryName(AsnReader names)
    {
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 4)))
            {
                return SlashName.Of(names.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 4)).ReadEncodedValue());
            }
            names.ReadEncodedValue();
        }
        return "";
    }

    /// <summary>IetfAttrSyntax ::= SEQUENCE { policyAuthority [0] GeneralNames OPTIONAL, values SEQUENCE OF }; the authority is the URI <c>vo://host:port</c>.</summary>
    private static (string Vo, string Server, List<string> Fqans) Fqan(AsnReader syntax)
    {
        var (authority, tag) = ("", new Asn1Tag(TagClass.ContextSpecific, 0));
        if (syntax.PeekTag().HasSameClassAndValue(tag))
        {
            var uri = syntax.ReadSequence(tag);
            authority = uri.ReadCharacterString(UniversalTagNumber.IA5String, new Asn1Tag(TagClass.ContextSpecific, 6));
        }
        var fqans = new List<string>();
        for (var values = syntax.ReadSequence(); values.HasData;)
        {
            fqans.Add(Short(Encoding.UTF8.GetString(values.ReadOctetString())));
        }
        var at = authority.IndexOf("://", StringComparison.Ordinal);
        var vo = at > 0 ? authority[..at] : fqans.FirstOrDefault()?.Split('/').ElementAtOrDefault(1) ?? "";
        return (vo, at > 0 ? authority[(at + 3)..] : "", fqans);
    }
}
