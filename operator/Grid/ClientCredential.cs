using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Grid;

/// <summary>A certificate chain with the key of its first: what a client presents.</summary>
/// <param name="Chain">The client's own first, each followed by its issuer.</param>
public sealed record ClientCredential(IReadOnlyList<X509Certificate2> Chain, RSA Key)
{
    /// <param name="certificates">PEM, the client's own first.</param>
    public static ClientCredential FromPem(string certificates, string key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        var rsa = RSA.Create();
        rsa.ImportFromPem(key);
        return new ClientCredential([.. chain], rsa);
    }

    /// <param name="pem">Certificates and key in one text, as <see cref="ToPem"/> writes them.</param>
    public static ClientCredential FromPem(string pem) => FromPem(pem, pem);

    /// <summary>A secret, in the order that grid tools read: certificate, its key, then the rest of the chain.</summary>
    public string ToPem() => $"{Chain[0].ExportCertificatePem()}\n{Key.ExportRSAPrivateKeyPem()}\n{string.Concat(Chain.Skip(1).Select(c => c.ExportCertificatePem() + "\n"))}";

    /// <summary>The chain alone: nothing in it is secret.</summary>
    public string ChainPem() => string.Concat(Chain.Select(c => c.ExportCertificatePem() + "\n"));

    public bool IsProxy => ProxyInfo.Of(Chain[0]).IsProxy;

    /// <summary>Whose proxies they are; itself where there is none.</summary>
    public X509Certificate2 EndEntity => Chain.FirstOrDefault(c => !ProxyInfo.Of(c).IsProxy) ?? Chain[^1];

    /// <summary>Subject of <see cref="EndEntity"/>, as FTS and VOMS say it.</summary>
    public string Dn => SlashName.Of(EndEntity.SubjectName);

    /// <summary>Issuer of <see cref="EndEntity"/>.</summary>
    public string Issuer => SlashName.Of(EndEntity.IssuerName);

    /// <summary>Of the proxy that is nearest to the key, as servers read them. What can't be read counts as none.</summary>
    public VomsAttributes? Attributes
    {
        get
        {
            try
            {
                return Chain.Select(VomsAttributes.Of).FirstOrDefault(a => a is not null);
            }
            catch (FormatException)
            {
                return null;
            }
        }
    }

    public IReadOnlyList<string> Fqans => Attributes?.Fqans ?? [];

    /// <summary>When the first certificate of the chain runs out.</summary>
    public DateTimeOffset CertificateNotAfter => Chain.Min(c => Utc(c.NotAfter));

    /// <summary>When the first of the chain or its attributes run out. Attributes that were dead before the proxy was made don't count.</summary>
    public DateTimeOffset NotAfter =>
        Attributes is { } attributes && attributes.NotAfter > Utc(Chain[0].NotBefore) && attributes.NotAfter < CertificateNotAfter ? attributes.NotAfter : CertificateNotAfter;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsProxy ? "proxy" : "certificate")} of {Dn} until {NotAfter:yyyy-MM-ddTHH:mm:ssZ}");

    internal static DateTimeOffset Utc(DateTime certificateTime) => new(certificateTime.ToUniversalTime());
}
