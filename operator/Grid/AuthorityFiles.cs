using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

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

    public IReadOnlyList<X509Certificate2> Certificates { get; private init; } = [];

    /// <summary>The newest of each issuer.</summary>
    public IReadOnlyList<RevocationList> Lists { get; private init; } = [];

    /// <summary>Files of the lists that <see cref="With"/> added, beside <see cref="Files"/>.</summary>
    public IReadOnlyDictionary<string, string> Fetched { get; private init; } = new Dictionary<string, string>();

    /// <param name="bundles">Where each came from → its PEM text; anything around the PEM blocks is left out.</param>
    /// <exception cref="FormatException">It says which bundle, and what is wrong.</exception>
    public static AuthorityFiles From(IEnumerable<(string Source, string Text)> bundles)
    {
        SortedDictionary<string, X509Certificate2> authorities = new(StringComparer.Ordinal);
        List<RevocationList> lists = [];
        foreach (var (source, text) in bundles)
        {
            foreach (Match block in Block().Matches(text))
            {
                var der = Decode(source, block);
                if (block.Groups["label"].Value == "X509 CRL")
                {
                    lists.Add(Parse(source, "revocation list", () => RevocationList.Of(der)));
                    continue;
                }
                var authority = Parse(source, "certificate", () => X509CertificateLoader.LoadCertificate(der));
                if (!ProxyChain.IsAuthority(authority))
                {
                    throw new FormatException($"{source}: {authority.Subject} is not the certificate of an authority (no basic constraint CA)");
                }
                authorities[Convert.ToHexStringLower(SHA256.HashData(der))] = authority;
            }
        }
        return Of([.. authorities.Values], lists, []);
    }

    /// <summary>The same authorities, with lists that came from elsewhere; of two of one issuer the newer one counts.</summary>
    public AuthorityFiles With(IEnumerable<RevocationList> fetched) => Of(Certificates, Lists, [.. fetched]);

    private static AuthorityFiles Of(IReadOnlyList<X509Certificate2> authorities, IReadOnlyList<RevocationList> given, IReadOnlyList<RevocationList> fetched)
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal), beside = new(StringComparer.Ordinal), names = new(StringComparer.Ordinal);
        foreach (var authority in authorities)
        {
            files[FreeName(files, SubjectHash.Of(authority.SubjectName.RawData), ".")] = authority.ExportCertificatePem() + "\n";
        }
        var lists = given.Concat(fetched).GroupBy(l => l.Id).Select(of => of.MaxBy(l => (l.ThisUpdate, l.NextUpdate, l.Pem))!).OrderBy(l => l.Id, StringComparer.Ordinal).ToList();
        var brought = new HashSet<RevocationList>(given, ReferenceEqualityComparer.Instance);
        foreach (var list in lists)
        {
            var name = FreeName(names, list.Hash, ".r");
            names[name] = list.Pem;
            (brought.Contains(list) ? files : beside)[name] = list.Pem;
        }
        if (authorities.Count > 0)
        {
            files[Bundle] = string.Concat(authorities.Select(a => a.ExportCertificatePem() + "\n"));
        }
        var listed = lists.Select(l => l.Issuer).ToHashSet();
        var unlisted = lists.Count == 0 ? [] : authorities.Where(a => !listed.Contains(RevocationList.IssuerOf(a))).Select(a => a.Subject).Order(StringComparer.Ordinal).ToList();
        return new AuthorityFiles(files, authorities.Count, lists.Count, lists.Min(l => l.NextUpdate), unlisted) { Certificates = authorities, Lists = lists, Fetched = beside };
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
        catch (Exception error) when (error is CryptographicException or FormatException)
        {
            throw new FormatException($"{source}: a {what} in it can't be read");
        }
    }

    [GeneratedRegex(@"-----BEGIN (?<label>CERTIFICATE|X509 CRL)-----(?<data>[A-Za-z0-9+/=\s]*)-----END \k<label>-----")]
    private static partial Regex Block();
}
