using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace RucioOperator.Grid;

/// <summary>The private key in a PEM text, in every form that grid tools and OpenSSL write; the first one counts.</summary>
internal static partial class CredentialKey
{
    /// <summary>Tenants choose the number; OpenSSL's own are 2048 and, of late, hundreds of thousands.</summary>
    private const int MostRounds = 2_000_000;

    private const string Pbes2 = "1.2.840.113549.1.5.13";
    private const string Pbkdf2 = "1.2.840.113549.1.5.12";
    private const string RsaEncryption = "1.2.840.113549.1.1.1";

    private const string Unreadable = "holds a private key that can't be read";

    /// <param name="passphrase">Bytes, as OpenSSL takes them; null: there is none.</param>
    /// <param name="entry">Where the text is from.</param>
    public static (RSA? Key, string? Reason, string? Fault) Read(string pem, byte[]? passphrase, string entry)
    {
        var block = Block().Match(pem);
        var (label, body) = (block.Groups["label"].Value, block.Groups["body"].Value);
        var isEncrypted = label == "ENCRYPTED PRIVATE KEY" || body.Contains("ENCRYPTED", StringComparison.Ordinal);
        (string Reason, string Fault)? fault = label switch
        {
            "" when !block.Success => (TransferCredential.CredentialInvalid, $"{entry} holds no private key in PEM"),
            "EC PRIVATE KEY" => Elliptic(entry),
            "RSA PRIVATE KEY" or "PRIVATE KEY" or "ENCRYPTED PRIVATE KEY" => null,
            _ => (TransferCredential.CredentialInvalid, $"{entry} holds a key of a kind ({label}) that no grid server takes: it must be an RSA key"),
        };
        fault ??= isEncrypted && passphrase is null ? (TransferCredential.SecretKeyMissing, $"the private key in {entry} is encrypted, and there is no entry passphrase") : null;
        if (fault is { } found)
        {
            return (null, found.Reason, found.Fault);
        }
        try
        {
            return (label, isEncrypted) switch
            {
                ("ENCRYPTED PRIVATE KEY", _) => Encrypted(Convert.FromBase64String(body), passphrase!, entry),
                (_, true) => Traditional(body, passphrase!, entry),
                _ => Plain(label, Convert.FromBase64String(body), entry),
            };
        }
        catch (Exception error) when (error is FormatException or CryptographicException or AsnContentException)
        {
            return (null, TransferCredential.CredentialInvalid, $"{entry} {Unreadable}");
        }
    }

    private static (string Reason, string Fault) Elliptic(string entry) =>
        (TransferCredential.CredentialInvalid, $"{entry} holds an elliptic curve key, which FTS and storages do not take proxies of: ask the authority for a certificate with an RSA key");

    private static (RSA?, string?, string?) Plain(string label, byte[] der, string entry)
    {
        var rsa = RSA.Create();
        if (label == "RSA PRIVATE KEY")
        {
            rsa.ImportRSAPrivateKey(der, out _);
            return (rsa, null, null);
        }
        var info = new AsnReader(der, AsnEncodingRules.BER).ReadSequence();
        info.ReadInteger();
        if (info.ReadSequence().ReadObjectIdentifier() != RsaEncryption)
        {
            var (reason, fault) = Elliptic(entry);
            return (null, reason, fault);
        }
        rsa.ImportPkcs8PrivateKey(der, out _);
        return (rsa, null, null);
    }

    /// <summary>PKCS#8.</summary>
    private static (RSA?, string?, string?) Encrypted(byte[] der, byte[] passphrase, string entry)
    {
        var (supported, rounds) = Encryption(new AsnReader(der, AsnEncodingRules.BER).ReadSequence().ReadSequence());
        if (!supported || rounds > MostRounds)
        {
            return (null, TransferCredential.CredentialInvalid, string.Create(CultureInfo.InvariantCulture, $"the private key in {entry} is encrypted in a way that is not supported here{(supported ? $" ({rounds} rounds)" : "")}: write it anew with openssl pkcs8 -topk8"));
        }
        var rsa = RSA.Create();
        try
        {
            rsa.ImportEncryptedPkcs8PrivateKey(passphrase, der, out _);
            return (rsa, null, null);
        }
        catch (CryptographicException)
        {
            var (reason, fault) = OpensAsCurve(der, passphrase) ? Elliptic(entry) : WrongPassphrase(entry);
            return (null, reason, fault);
        }
    }

    private static bool OpensAsCurve(byte[] der, byte[] passphrase)
    {
        using var curve = ECDsa.Create();
        try
        {
            curve.ImportEncryptedPkcs8PrivateKey(passphrase, der, out _);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>RFC 8018: PBES2 { PBKDF2 { salt, rounds, … }, cipher }, or one of the old ones { salt, rounds }.</summary>
    private static (bool Supported, BigInteger Rounds) Encryption(AsnReader algorithm)
    {
        var isPbes2 = algorithm.ReadObjectIdentifier() == Pbes2;
        var parameters = algorithm.ReadSequence();
        if (isPbes2)
        {
            var derivation = parameters.ReadSequence();
            if (derivation.ReadObjectIdentifier() != Pbkdf2)
            {
                return (false, default);
            }
            parameters = derivation.ReadSequence();
        }
        parameters.ReadOctetString();
        return (true, parameters.ReadInteger());
    }

    private static (string Reason, string Fault) WrongPassphrase(string entry) => (TransferCredential.WrongPassphrase, $"the entry passphrase does not open the private key in {entry}");

    /// <summary>OpenSSL's own: headers Proc-Type and DEK-Info, key from EVP_BytesToKey with MD5 and the first eight bytes of the IV as salt.</summary>
    private static (RSA?, string?, string?) Traditional(string body, byte[] passphrase, string entry)
    {
        var header = Header().Match(body);
        using var cipher = Cipher(header.Groups["cipher"].Value);
        if (cipher is null)
        {
            return (null, TransferCredential.CredentialInvalid, $"the private key in {entry} is encrypted in a way that is not supported here: write it anew with openssl pkcs8 -topk8");
        }
        var (iv, data) = (Convert.FromHexString(header.Groups["iv"].Value), Convert.FromBase64String(header.Groups["data"].Value));
        if (iv.Length != cipher.BlockSize / 8 || data.Length == 0 || data.Length % iv.Length != 0)
        {
            throw new FormatException(Unreadable);
        }
        cipher.Key = Derive(passphrase, iv, cipher.KeySize / 8);
        try
        {
            var rsa = RSA.Create();
            rsa.ImportRSAPrivateKey(cipher.DecryptCbc(data, iv), out _);
            return (rsa, null, null);
        }
        catch (CryptographicException)
        {
            var (reason, fault) = WrongPassphrase(entry);
            return (null, reason, fault);
        }
    }

#pragma warning disable CA5350, CA5351 // What others encrypted with it must still be read.
    private static SymmetricAlgorithm? Cipher(string name)
    {
        SymmetricAlgorithm? cipher = name switch
        {
            "AES-128-CBC" or "AES-192-CBC" or "AES-256-CBC" => Aes.Create(),
            "DES-EDE3-CBC" => TripleDES.Create(),
            _ => null,
        };
        if (cipher is Aes)
        {
            cipher.KeySize = int.Parse(name.AsSpan(4, 3), CultureInfo.InvariantCulture);
        }
        return cipher;
    }

    private static byte[] Derive(byte[] passphrase, byte[] iv, int length)
    {
        byte[] key = [], last = [];
        while (key.Length < length)
        {
            last = MD5.HashData([.. last, .. passphrase, .. iv.AsSpan(0, 8)]);
            key = [.. key, .. last];
        }
        return key[..length];
    }
#pragma warning restore CA5350, CA5351

    // A block ends where the next begins, so that a text of nothing but beginnings is read once.
    [GeneratedRegex(@"-----BEGIN (?<label>(?:[A-Z0-9]+ )*PRIVATE KEY)-----(?<body>[^-]*(?:-(?!----(?:BEGIN|END))[^-]*)*)-----END \k<label>-----")]
    private static partial Regex Block();

    [GeneratedRegex(@"DEK-Info: *(?<cipher>[A-Z0-9-]+),(?<iv>[0-9A-Fa-f]+)\s*\n(?<data>[A-Za-z0-9+/=\s]+)")]
    private static partial Regex Header();
}
