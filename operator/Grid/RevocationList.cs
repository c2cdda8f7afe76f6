using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace RucioOperator.Grid;

/// <summary>One revocation list of an authority (RFC 5280, 5).</summary>
/// <param name="Id">Of its issuer's name and key: a newer list of the same has the same.</param>
/// <param name="Hash">Of its issuer's name, as OpenSSL names files by it.</param>
/// <param name="Issuer">DER, in hexadecimal digits.</param>
public sealed record RevocationList(string Id, string Hash, string Issuer, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate, string Pem)
{
    private const string Label = "X509 CRL";

    /// <exception cref="FormatException">Not one, or one that only tells what is new since another.</exception>
    public static RevocationList Of(byte[] der)
    {
        try
        {
            return Of(new X509Crl(der));
        }
        catch (Exception error) when (Unreadable(error))
        {
            throw new FormatException("can't be read");
        }
    }

    /// <param name="bytes">DER or PEM, as servers hand them out.</param>
    /// <exception cref="FormatException">It is none, or of none of these authorities.</exception>
    public static (X509Certificate2 Authority, RevocationList List) Read(byte[] bytes, IReadOnlyList<X509Certificate2> authorities)
    {
        X509Crl crl;
        RevocationList list;
        try
        {
            crl = new X509Crl(bytes is [0x30, ..] ? bytes : Decode(bytes));
            list = Of(crl);
        }
        catch (Exception error) when (Unreadable(error))
        {
            throw new FormatException("what is there is no revocation list");
        }
        return authorities.FirstOrDefault(a => IssuerOf(a) == list.Issuer && Signed(crl, a)) is { } authority
            ? (authority, list)
            : throw new FormatException("the revocation list there is signed by none of the trusted authorities");
    }

    /// <summary><see cref="Issuer"/> of the lists that this authority gives out.</summary>
    public static string IssuerOf(X509Certificate2 authority) => Convert.ToHexString(authority.SubjectName.RawData);

    private static RevocationList Of(X509Crl crl)
    {
        if (crl.GetExtensionValue(X509Extensions.DeltaCrlIndicator) is not null)
        {
            throw new FormatException("a delta list, and OpenSSL wants whole ones");
        }
        var issuer = crl.IssuerDN.GetDerEncoded();
        var key = crl.GetExtensionValue(X509Extensions.AuthorityKeyIdentifier)?.GetOctets() ?? [];
        return new(
            Convert.ToHexStringLower(SHA256.HashData([.. issuer, .. key])), SubjectHash.Of(issuer), Convert.ToHexString(issuer),
            Time(crl.ThisUpdate), crl.NextUpdate is { } next ? Time(next) : null,
            PemEncoding.WriteString(Label, crl.GetEncoded()) + "\n");
    }

    private static bool Signed(X509Crl crl, X509Certificate2 authority)
    {
        try
        {
            crl.Verify(new X509CertificateParser().ReadCertificate(authority.RawData).GetPublicKey());
            return true;
        }
        catch (Exception error) when (error is GeneralSecurityException or Org.BouncyCastle.Crypto.CryptoException || Unreadable(error))
        {
            return false;
        }
    }

    private static byte[] Decode(byte[] bytes)
    {
        var text = Encoding.ASCII.GetString(bytes);
        var block = PemEncoding.Find(text);
        return text[block.Label] == Label ? Convert.FromBase64String(text[block.Base64Data]) : throw new FormatException("another kind of PEM block");
    }

    private static DateTimeOffset Time(DateTime time) => new(time.ToUniversalTime());

    private static bool Unreadable(Exception error) =>
        error is CryptographicException or GeneralSecurityException or ArgumentException or IOException or InvalidCastException or InvalidOperationException or FormatException;
}
