using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Grid;

public enum ProxyKind
{
    /// <summary>An ordinary certificate.</summary>
    None,

    /// <summary>RFC 3820 with policy inheritAll.</summary>
    Full,

    /// <summary>RFC 3820 with Globus' limited policy.</summary>
    Limited,

    /// <summary>RFC 3820 with another policy: not, or not all, of its issuer's rights.</summary>
    OtherPolicy,

    /// <summary>Globus Toolkit 2: a CN <c>proxy</c> or <c>limited proxy</c>, and nothing else to tell it.</summary>
    Legacy,

    /// <summary>Globus Toolkit 3: a draft of the RFC.</summary>
    Draft,

    /// <summary>It says that it is a proxy, in a way that can't be read.</summary>
    Unreadable,
}

/// <summary>What kind of proxy a certificate is, if it is one.</summary>
/// <param name="PathLength">How many more may be made below it; null: any number.</param>
public sealed record ProxyInfo(ProxyKind Kind, int? PathLength)
{
    /// <summary>RFC 3820 3.8.</summary>
    public const string Extension = "1.3.6.1.5.5.7.1.14";

    /// <summary>RFC 3820 3.8.2: the proxy may do all that its issuer may.</summary>
    public const string InheritAll = "1.3.6.1.5.5.7.21.1";

    /// <summary>Globus: id-globus-limited-proxy.</summary>
    private const string LimitedPolicy = "1.3.6.1.4.1.3536.1.1.1.9";

    private const string DraftExtension = "1.3.6.1.4.1.3536.1.222";

    public bool IsProxy => Kind != ProxyKind.None;

    public static ProxyInfo Of(X509Certificate2 certificate)
    {
        if (certificate.Extensions[Extension] is { } extension)
        {
            return Parse(extension.RawData);
        }
        return new(certificate.Extensions[DraftExtension] is not null ? ProxyKind.Draft : IsLegacy(certificate) ? ProxyKind.Legacy : ProxyKind.None, null);
    }

    /// <summary>ProxyCertInfo ::= SEQUENCE { INTEGER OPTIONAL, SEQUENCE { policyLanguage, policy OPTIONAL } }.</summary>
    private static ProxyInfo Parse(byte[] der)
    {
        try
        {
            var info = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            int? length = null;
            if (info.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            {
                length = info.TryReadInt32(out var number) ? number : int.MaxValue;
            }
            var kind = info.ReadSequence().ReadObjectIdentifier() switch
            {
                InheritAll => ProxyKind.Full,
                LimitedPolicy => ProxyKind.Limited,
                _ => ProxyKind.OtherPolicy,
            };
            return new(length < 0 ? ProxyKind.Unreadable : kind, length);
        }
        catch (AsnContentException)
        {
            return new(ProxyKind.Unreadable, null);
        }
    }

    private static bool IsLegacy(X509Certificate2 certificate) =>
        SlashName.Of(certificate.SubjectName) is var subject && SlashName.Of(certificate.IssuerName) is var issuer
        && (subject == $"{issuer}/CN=proxy" || subject == $"{issuer}/CN=limited proxy");
}
