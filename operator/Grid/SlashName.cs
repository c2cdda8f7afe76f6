using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace RucioOperator.Grid;

/// <summary>
/// Subjects of certificates as the grid writes them, <c>/DC=org/DC=example/CN=Alice</c>: OpenSSL's X509_NAME_oneline
/// (crypto/x509/x509_obj.c; as of 3.0, which EL9 has), which GridSite, FTS and VOMS compare letter by letter.
/// </summary>
public static class SlashName
{
    /// <summary>OpenSSL's short names; what is not here it writes as numbers, too.</summary>
    private static readonly IReadOnlyDictionary<string, string> Keys = new Dictionary<string, string>
    {
        ["2.5.4.3"] = "CN",
        ["2.5.4.4"] = "SN",
        ["2.5.4.5"] = "serialNumber",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "ST",
        ["2.5.4.9"] = "street",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
        ["2.5.4.12"] = "title",
        ["2.5.4.13"] = "description",
        ["2.5.4.15"] = "businessCategory",
        ["2.5.4.17"] = "postalCode",
        ["2.5.4.41"] = "name",
        ["2.5.4.42"] = "GN",
        ["2.5.4.43"] = "initials",
        ["2.5.4.44"] = "generationQualifier",
        ["2.5.4.46"] = "dnQualifier",
        ["2.5.4.65"] = "pseudonym",
        ["2.5.4.97"] = "organizationIdentifier",
        ["0.9.2342.19200300.100.1.1"] = "UID",
        ["0.9.2342.19200300.100.1.25"] = "DC",
        ["1.2.840.113549.1.9.1"] = "emailAddress",
        ["1.2.840.113549.1.9.2"] = "unstructuredName",
    };

    public static string Of(X500DistinguishedName name) => Of(name.RawData);

    /// <param name="name">DER of a Name.</param>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static string Of(ReadOnlyMemory<byte> name)
    {
        var text = new StringBuilder();
        for (var parts = new AsnReader(name, AsnEncodingRules.BER).ReadSequence(); parts.HasData;)
        {
            var separator = '/';
            for (var part = parts.ReadSetOf(skipSortOrderValidation: true); part.HasData; separator = '+')
            {
                var attribute = part.ReadSequence();
                var key = attribute.ReadObjectIdentifier();
                text.Append(separator).Append(Keys.GetValueOrDefault(key, key)).Append('=');
                AppendValue(text, attribute.ReadEncodedValue());
            }
        }
        return text.ToString();
    }

    /// <summary>The relative names in DER, as hexadecimal text.</summary>
    internal static List<string> Parts(X500DistinguishedName name)
    {
        var all = new List<string>();
        for (var parts = new AsnReader(name.RawData, AsnEncodingRules.BER).ReadSequence(); parts.HasData;)
        {
            all.Add(Convert.ToHexString(parts.ReadEncodedValue().Span));
        }
        return all;
    }

    /// <summary>One CN, and nothing beside it.</summary>
    internal static bool IsCommonName(string part)
    {
        var set = new AsnReader(Convert.FromHexString(part), AsnEncodingRules.BER).ReadSetOf(skipSortOrderValidation: true);
        var isCommonName = set.ReadSequence().ReadObjectIdentifier() == "2.5.4.3";
        return isCommonName && !set.HasData;
    }

    /// <summary>Byte by byte whatever the kind of text; what is not plain ASCII as <c>\xC3</c>, and separators with a backslash before them.</summary>
    private static void AppendValue(StringBuilder text, ReadOnlyMemory<byte> encoded)
    {
        AsnDecoder.ReadEncodedValue(encoded.Span, AsnEncodingRules.BER, out var at, out var length, out _);
        foreach (var sign in encoded.Span.Slice(at, length))
        {
            if (sign is < (byte)' ' or > (byte)'~')
            {
                text.Append(CultureInfo.InvariantCulture, $@"\x{sign:X2}");
            }
            else
            {
                text.Append(sign is (byte)'/' or (byte)'+' ? "\\" : "").Append((char)sign);
            }
        }
    }
}
