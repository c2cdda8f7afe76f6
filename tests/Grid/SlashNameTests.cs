using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Grid;

namespace RucioOperator.Tests.Grid;

public sealed class SlashNameTests
{
    private static readonly string[] Known =
    [
        "2.5.4.3", "2.5.4.4", "2.5.4.5", "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.10", "2.5.4.11", "2.5.4.12", "2.5.4.13", "2.5.4.15", "2.5.4.17", "2.5.4.41", "2.5.4.42", "2.5.4.43",
        "2.5.4.44", "2.5.4.46", "2.5.4.65", "2.5.4.97", "0.9.2342.19200300.100.1.1", "0.9.2342.19200300.100.1.25", "1.2.840.113549.1.9.1", "1.2.840.113549.1.9.2",
    ];

    /// <summary>Those that <see cref="DistinguishedName"/> knows, too.</summary>
    private static readonly string[] Shared =
        ["2.5.4.3", "2.5.4.4", "2.5.4.5", "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.10", "2.5.4.11", "2.5.4.12", "2.5.4.42", "0.9.2342.19200300.100.1.1", "0.9.2342.19200300.100.1.25", "1.2.840.113549.1.9.1"];

    private static readonly UniversalTagNumber[] Kinds = [UniversalTagNumber.UTF8String, UniversalTagNumber.BMPString];

    private sealed record Part(string Oid, string Value, UniversalTagNumber Kind, bool WithNext);

    private static Gen<Part[]> Names(string[] oids, string letters, UniversalTagNumber[] kinds) =>
        Gen.Select(Gen.Int[0, oids.Length - 1].Select(i => oids[i]), Gen.Char[letters].Array[1, 12], Gen.Int[0, kinds.Length - 1].Select(i => kinds[i]), Gen.Int[0, 9]).Select((oid, value, kind, n) => new Part(oid, new string(value), kind, n == 0)).Array[1, 6];

    private static X500DistinguishedName Name(Part[] parts)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            for (var i = 0; i < parts.Length;)
            {
                using var set = writer.PushSetOf();
                do
                {
                    using var attribute = writer.PushSequence();
                    writer.WriteObjectIdentifier(parts[i].Oid);
                    writer.WriteCharacterString(parts[i].Kind, parts[i].Value);
                }
                while (parts[i++].WithNext && i < parts.Length);
            }
        }
        return new X500DistinguishedName(writer.Encode());
    }

    [Test]
    public void Any_subject_is_written_as_openssl_writes_it_in_its_old_form()
    {
        using var tools = new GridTools();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = Names([.. Known, "1.2.3.4.5.6"], "abcXYZ019 /=+,\\\"'\t~é€:.-_", Kinds);
        names.Sample(
            parts =>
            {
                var name = Name(parts);
                using var certificate = new CertificateRequest(name, key, HashAlgorithmName.SHA256).Create(name, X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1), [1]);
                tools.Write("name.pem", certificate.ExportCertificatePem());
                var theirs = tools.Run("openssl", "openssl", "x509", "-in", "name.pem", "-noout", "-subject", "-nameopt", "compat");
                Assert.That($"subject={SlashName.Of(name)}\n", Is.EqualTo(theirs));
            },
            iter: 60, threads: 1);
    }

    /// <summary>So that what a credential is called can be written as an account's identity as it stands.</summary>
    [Test]
    public void A_subject_of_plain_letters_is_the_same_name_to_Rucio() =>
        Names(Shared, "abcXYZ019:.-_ ", [UniversalTagNumber.IA5String]).Sample(parts =>
        {
            // Proxies' names, and blanks at the ends, are refused or trimmed there.
            Part[] plain = [.. parts.Select(p => p with { Value = $"a{p.Value}a", WithNext = false })];
            var text = SlashName.Of(Name(plain));
            Assert.That(DistinguishedName.Parse(text, out var problem)?.Slashes, Is.EqualTo(text), problem);
        });

    [Test]
    public void Parts_are_compared_byte_by_byte_and_a_common_name_stands_alone()
    {
        var name = Name([new("2.5.4.10", "x", UniversalTagNumber.UTF8String, false), new("2.5.4.3", "a", UniversalTagNumber.PrintableString, true), new("2.5.4.3", "b", UniversalTagNumber.PrintableString, false)]);
        Assert.That(SlashName.Parts(name).Select(SlashName.IsCommonName), Is.EqualTo([false, false]));
        Assert.That(SlashName.IsCommonName(SlashName.Parts(new X500DistinguishedName("CN=1"))[0]));
    }
}
