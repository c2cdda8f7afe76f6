using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace RucioOperator.Grid;

/// <summary>The name under which OpenSSL looks for an authority in a directory (X509_NAME_hash; crypto/x509/x_name.c).</summary>
public static class SubjectHash
{
    private static readonly HashSet<UniversalTagNumber> Texts =
    [
        UniversalTagNumber.UTF8String, UniversalTagNumber.BMPString, UniversalTagNumber.PrintableString, UniversalTagNumber.T61String,
        UniversalTagNumber.IA5String, UniversalTagNumber.VisibleString,
    ];

    /// <param name="name">DER of the subject, or of a revocation list's issuer.</param>
    public static string Of(ReadOnlyMemory<byte> name)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        // Without a sequence around them, as OpenSSL hashes it.
        using var canonical = new MemoryStream();
        for (var parts = new AsnReader(name, AsnEncodingRules.BER).ReadSequence(); parts.HasData; writer.Reset())
        {
            var part = parts.ReadSetOf(skipSortOrderValidation: true);
            using (writer.PushSetOf())
            {
                while (part.HasData)
                {
                    Attribute(part.ReadSequence(), writer);
                }
            }
            canonical.Write(writer.Encode());
        }
#pragma warning disable CA5350 // A file name, not a signature.
        var hash = SHA1.HashData(canonical.ToArray());
#pragma warning restore CA5350
        return Convert.ToHexStringLower([hash[3], hash[2], hash[1], hash[0]]);
    }

    private static void Attribute(AsnReader attribute, AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(attribute.ReadObjectIdentifier());
            var tag = attribute.PeekTag();
            if (tag.TagClass == TagClass.Universal && Texts.Contains((UniversalTagNumber)tag.TagValue))
            {
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, Canonical(attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue)));
            }
            else
            {
                writer.WriteEncodedValue(attribute.ReadEncodedValue().Span);
            }
        }
    }

    /// <summary>ASCII letters in lower case, blanks at the ends gone, runs of them one.</summary>
    private static string Canonical(string text)
    {
        var result = new StringBuilder();
        foreach (var sign in text)
        {
            if (sign is not (' ' or '\t' or '\n' or '\v' or '\f' or '\r'))
            {
                result.Append(char.IsAsciiLetterUpper(sign) ? char.ToLowerInvariant(sign) : sign);
            }
            else if (result.Length > 0 && result[^1] != ' ')
            {
                result.Append(' ');
            }
        }
        return result.ToString().TrimEnd(' ');
    }
}
