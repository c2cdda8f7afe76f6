using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Org.BouncyCastle.X509;

namespace RucioOperator.Grid;

/// <summary>
/// A directory of authorities as OpenSSL, GridSite and gfal read it: <c>&lt;hash&gt;.N</c> for certificates,
/// <c>&lt;hash&gt;.rN</c> for revocation lists, and all certificates in <see cref="Bundle"/>. The same input in any order
/// gives the same files.
/// </summary>
/// <param name="NextUpdate">When the first of the revocation lists runs out.</param>
/// <param name="Unlisted">Where there are revocation lists: subjects of the authorities without one.</param>
public sealed partial record AuthorityFiles(IReadOnlyDictionary<string, string> Files, int Authorities, int RevocationLists, DateTimeOffset? NextUpdate, IReadOnlyList<string> Unlisted)
{
    /// <summary>Its ending makes the images' entrypoints add it to the system's trust; without one such file they do not start.</summary>
    public const string Bundle = "ca-bundle.pem";

    /// <param name="bundles">Where each came from → its PEM text; anything around the PEM blocks is left out.</param>
    /// <exception cref="FormatException">It says which bundle, and what is wrong.</exception>
    public static AuthorityFiles From(IEnumerable<(string Source, string Text)> bundles)
    {
        SortedDictionary<string, X509Certificate2> authorities = new(StringComparer.Ordinal);
        SortedDictionary<string, X509Crl> lists = new(StringComparer.Ordinal);
        foreach (var (source, text) in bundles)
        {
            foreach (Match block in Block().Matches(text))
            {
                var der = Decode(source, block);
                var id = Convert.ToHexStringLower(SHA256.HashData(der));
                if (block.Groups["label"].Value == "X509 CRL")
                {
                    lists[id] = Parse(source, "revocation list", () => new X509Crl(der));
                    continue;
                }
                var authority = Parse(source, "certificate", () => X509CertificateLoader.LoadCertificate(der));
                if (!authority.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority))
                {
                    throw new FormatException($"{source}: {authority.Subject} is not the certificate of an authority (no basic constraint CA)");
                }
                authorities[id] = authority;
            }
        }
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var authority in authorities.Values)
        {
            files[FreeName(files, SubjectHash.Of(authority.SubjectName.RawData), ".")] = authority.ExportCertificatePem() + "\n";
        }
        foreach (var list in lists.Values)
        {
            files[FreeName(files, SubjectHash.Of(list.IssuerDN.GetDerEncoded()), ".r")] = PemEncoding.WriteString("X509 CRL", list.GetEncoded()) + "\n";
        }
        if (authorities.Count > 0)
        {
            files[Bundle] = string.Concat(authorities.Values.Select(a => a.ExportCertificatePem() + "\n"));
        }
        var nextUpdate = lists.Values.Select(l => l.NextUpdate).Where(d => d is not null).Select(d => (DateTimeOffset?)new DateTimeOffset(d!.Value.ToUniversalTime())).Min();
        var listed = lists.Values.Select(l => Convert.ToHexString(l.IssuerDN.GetDerEncoded())).ToHashSet();
        var unlisted = lists.Count == 0 ? [] : authorities.Values.Where(a => !listed.Contains(Convert.ToHexString(a.SubjectName.RawData))).Select(a => a.Subject).Order(StringComparer.Ordinal).ToList();
        return new AuthorityFiles(files, authorities.Count, lists.Count, nextUpdate, unlisted);
    }

    private static string FreeName(SortedDictionary<string, string> files, string hash, string infix)
    {
        for (var n = 0; ; n++)
        {
            var name = $"{hash}{infix}{n}";
            if (!files.ContainsKey(name))
            {
                return name;
            }
        }
    }

    private static byte[] Decode(string source, Match block)
    {
        try
        {
            return Convert.FromBase64String(block.Groups["data"].Value);
        }
        catch (FormatException)
        {
            throw new FormatException($"{source}: a {block.Groups["label"].Value} block is not base64");
        }
    }

    private static T Parse<T>(string source, string what, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (Exception error) when (error is CryptographicException or Org.BouncyCastle.Security.GeneralSecurityException or ArgumentException or IOException or InvalidCastException)
        {
            throw new FormatException($"{source}: a {what} in it can't be read");
        }
    }

    [GeneratedRegex(@"-----BEGIN (?<label>CERTIFICATE|X509 CRL)-----(?<data>[A-Za-z0-9+/=\s]*)-----END \k<label>-----")]
    private static partial Regex Block();
}
