using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using RucioOperator.Runtime;

namespace RucioOperator.Grid;

/// <summary>
/// What a holder gives for transfers: a robot certificate with its key, or a long-lived proxy. Faults are clauses to put
/// behind the name of the Secret and a colon; they tell names and times, nothing secret.
/// </summary>
public static class TransferCredential
{
    public const string SecretKeyMissing = nameof(SecretKeyMissing);
    public const string CredentialInvalid = nameof(CredentialInvalid);
    public const string WrongPassphrase = nameof(WrongPassphrase);
    public const string KeyMismatch = nameof(KeyMismatch);
    public const string CredentialExpired = nameof(CredentialExpired);
    public const string CredentialNotYetValid = nameof(CredentialNotYetValid);

    /// <summary>It may only be shown by servers: FTS on EL9 refuses it as a client's.</summary>
    public const string HostCertificate = nameof(HostCertificate);
    public const string NotTrusted = nameof(NotTrusted);

    public const string Proxy = "x509up";
    public const string Passphrase = "passphrase";

    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string AnyPurpose = "2.5.29.37.0";

    /// <summary>Where certificate and key may be, the first pair with one of its entries counts.</summary>
    private static readonly IReadOnlyList<(string Certificate, string Key)> Pairs =
        [("tls.crt", "tls.key"), ("usercert.pem", "userkey.pem"), ("usercert", "userkey")];

    /// <summary>Far more than any chain has.</summary>
    private const int LongestText = 128 * 1024;
    private const int LongestName = 1024;
    private const int MostCertificates = 16;

    /// <summary>Below, EL9's crypto policy refuses a key; above, every signature costs a second of everybody's.</summary>
    private const int FewestBits = 2048;
    private const int MostBits = 8192;

    /// <summary>GridSite, FTS and we make proxies below the one that is given: this many must be allowed.</summary>
    private const int ProxiesToCome = 2;

    /// <param name="secret">Entries of a Secret; entries of other names don't matter.</param>
    public static (ClientCredential? Credential, string? Reason, string? Fault) Read(IReadOnlyDictionary<string, byte[]> secret)
    {
        try
        {
            var (credential, reason, fault) = ReadEntries(secret);
            // What the framework reads only when it is asked must be readable, too: nobody else expects that it isn't.
            _ = credential is null ? null : $"{credential} {credential.Issuer}";
            return (credential, reason, fault);
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException)
        {
            return (null, CredentialInvalid, "it holds a certificate with contents that can't be read");
        }
    }

    private static (ClientCredential? Credential, string? Reason, string? Fault) ReadEntries(IReadOnlyDictionary<string, byte[]> secret)
    {
        var (certificates, key, fault) = Entries(secret);
        if (fault is { } found)
        {
            return (null, found.Reason, found.Fault);
        }
        var passphrase = secret.GetValueOrDefault(Passphrase) is { } text ? WithoutLineEnd(text) : null;
        var (chain, unreadable) = Certificates(secret[certificates], certificates);
        if (chain is null)
        {
            return (null, CredentialInvalid, unreadable);
        }
        if (secret[key].Length > LongestText)
        {
            return (null, CredentialInvalid, $"{key} is longer than {LongestText / 1024} kB");
        }
        var (rsa, reason, keyFault) = CredentialKey.Read(Encoding.Latin1.GetString(secret[key]), passphrase, key);
        if (rsa is null)
        {
            return (null, reason, keyFault);
        }
        return chain.FirstOrDefault(c => HasKey(c, rsa)) is { } own
            ? (new ClientCredential(ProxyChain.Order(own, chain), rsa), null, null)
            : (null, KeyMismatch, $"the private key in {key} is not the one of the certificate in {certificates} ({SlashName.Of(chain[0].SubjectName)})");
    }

    /// <summary>First rule that fails wins.</summary>
    /// <param name="authoritiesPem">Authorities besides the system's.</param>
    public static (string Reason, string Fault)? Check(ClientCredential credential, string authoritiesPem, DateTimeOffset now)
    {
        try
        {
            return FirstFault(credential, authoritiesPem, now);
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException)
        {
            return (CredentialInvalid, $"{Name(credential.EndEntity)}, or a certificate of its chain, has contents that can't be read");
        }
    }

    private static (string Reason, string Fault)? FirstFault(ClientCredential credential, string authoritiesPem, DateTimeOffset now)
    {
        var endEntity = credential.EndEntity;
        (string Reason, Func<string?> Fault)[] rules =
        [
            (CredentialInvalid, () => ProxyChain.Fault(credential.Chain, ProxiesToCome)),
            (CredentialInvalid, () => Weakness(credential)),
            (CredentialInvalid, () => UnreadableAttributes(credential)),
            (CredentialNotYetValid, () => credential.Chain.FirstOrDefault(c => ClientCredential.Utc(c.NotBefore) > now) is { } early
                ? $"{Name(early)} is valid from {Text(ClientCredential.Utc(early.NotBefore))} on, and here it is {Text(now)}: one of the two clocks is wrong, or it is too early" : null),
            (CredentialInvalid, () => ProxyChain.IsAuthority(endEntity) ? $"{Name(endEntity)} is the certificate of an authority" : null),
            (CredentialInvalid, () => MaySign(endEntity) ? null : $"the key usage of {Name(endEntity)} does not have digital signature: it can't log in anywhere"),
            (HostCertificate, () => IsForClients(endEntity) ? null : $"{Name(endEntity)} is a server's: its extended key usage does not have TLS client authentication, without which FTS refuses it. Ask the authority for a robot or client certificate"),
            // What ran out is asked as of its last moment, and first: nobody gets anywhere with a name that no authority gave.
            (NotTrusted, () => CredentialTrust.Fault(credential, authoritiesPem, Times.Earlier(now, credential.CertificateNotAfter.AddSeconds(-1)))),
            (CredentialExpired, () => credential.Chain.FirstOrDefault(c => ClientCredential.Utc(c.NotAfter) <= now) is { } late
                ? $"{Name(late)} ran out at {Text(ClientCredential.Utc(late.NotAfter))}" : null),
        ];
        foreach (var (reason, fault) in rules)
        {
            if (fault() is { } text)
            {
                return (reason, text);
            }
        }
        return null;
    }

    /// <summary>As <see cref="ProxyChain"/> and this one name certificates.</summary>
    internal static string Name(X509Certificate2 certificate) => SlashName.Of(certificate.SubjectName);

    internal static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static (string Certificates, string Key, (string Reason, string Fault)? Fault) Entries(IReadOnlyDictionary<string, byte[]> secret)
    {
        bool Has(string entry) => secret.TryGetValue(entry, out var value) && value.Length > 0;
        var (certificate, key) = Pairs.FirstOrDefault(p => Has(p.Certificate) || Has(p.Key));
        (string, string)? fault = (Has(Proxy), certificate is not null) switch
        {
            (true, true) => (CredentialInvalid, $"it has both {certificate ?? key} and {Proxy}: which of them is meant can't be told, remove one"),
            (true, false) => null,
            (false, false) => (SecretKeyMissing, $"it has none of the entries {string.Join(", ", Pairs.Select(p => $"{p.Certificate} with {p.Key}"))}, or {Proxy}"),
            (false, true) when !Has(certificate!) || !Has(key!) => (SecretKeyMissing, $"it has {(Has(key!) ? key : certificate)}, and no entry {(Has(key!) ? certificate : key)}"),
            _ => null,
        };
        return Has(Proxy) ? (Proxy, Proxy, fault) : (certificate ?? "", key ?? "", fault);
    }

    private static (IReadOnlyList<X509Certificate2>? Chain, string? Fault) Certificates(byte[] text, string entry)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            if (text.Length <= LongestText)
            {
                chain.ImportFromPem(Encoding.Latin1.GetString(text));
            }
        }
        catch (CryptographicException)
        {
            return (null, $"{entry} holds a certificate that can't be read");
        }
        var fault = chain switch
        {
            _ when text.Length > LongestText => $"{entry} is longer than {LongestText / 1024} kB",
            { Count: 0 } => $"{entry} holds no certificate in PEM",
            { Count: > MostCertificates } => $"{entry} holds more than {MostCertificates} certificates: it must be one with its chain",
            _ when chain.FirstOrDefault(c => c.SubjectName.RawData.Length > LongestName) is not null => $"{entry} holds a certificate with a subject of more than {LongestName} bytes",
            _ => null,
        };
        return fault is null ? ([.. chain], null) : (null, fault);
    }

    /// <summary>Most editors, and <c>echo</c>, put one there.</summary>
    private static byte[] WithoutLineEnd(byte[] text) => text.AsSpan().TrimEnd("\r\n"u8).ToArray();

    private static bool HasKey(X509Certificate2 certificate, RSA key)
    {
        try
        {
            using var own = certificate.GetRSAPublicKey();
            var (a, b) = (own?.ExportParameters(false), key.ExportParameters(false));
            return a is { } it && it.Modulus.AsSpan().SequenceEqual(b.Modulus) && it.Exponent.AsSpan().SequenceEqual(b.Exponent);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The authorities' own are not our business: theirs are trusted as they are.</summary>
    private static string? Weakness(ClientCredential credential)
    {
        foreach (var certificate in credential.Chain.TakeWhile(c => c != credential.EndEntity).Append(credential.EndEntity))
        {
            using var key = certificate.GetRSAPublicKey();
            if (key is not { KeySize: >= FewestBits and <= MostBits })
            {
                return $"{Name(certificate)} must have an RSA key of {FewestBits} to {MostBits} bits{(key is null ? "" : string.Create(CultureInfo.InvariantCulture, $", and has {key.KeySize}"))}";
            }
            if (certificate.SignatureAlgorithm.Value is "1.2.840.113549.1.1.5" or "1.2.840.113549.1.1.4" or "1.2.840.10045.4.1")
            {
                return $"{Name(certificate)} is signed with SHA-1 or MD5, which FTS on EL9 refuses";
            }
        }
        return null;
    }

    private static string? UnreadableAttributes(ClientCredential credential)
    {
        try
        {
            foreach (var certificate in credential.Chain)
            {
                VomsAttributes.Of(certificate);
            }
            return null;
        }
        catch (FormatException error)
        {
            return $"of its VOMS attributes, {error.Message}";
        }
    }

    internal static bool MaySign(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is not { } usage || usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature);

    private static bool IsForClients(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is not { } purposes
        || purposes.EnhancedKeyUsages.Cast<Oid>().Any(o => o.Value is ClientAuthentication or AnyPurpose);
}
