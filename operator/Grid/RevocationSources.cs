using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;

namespace RucioOperator.Grid;

/// <summary>Where revocation lists are published: the <c>*.crl_url</c> files of an IGTF directory, and the distribution points in the authorities' certificates.</summary>
public static class RevocationSources
{
    /// <summary>IGTF has some hundred authorities.</summary>
    private const int Most = 500;

    private const string DistributionPoints = "2.5.29.31";

    /// <summary>Plain HTTP alone, as IGTF publishes them: a list carries its own signature.</summary>
    /// <param name="bundles">Where each text came from, ending in its key; and the text.</param>
    public static IReadOnlyList<string> Of(IEnumerable<(string Source, string Text)> bundles, IEnumerable<X509Certificate2> authorities)
    {
        var named = bundles.Where(b => b.Source.EndsWith(".crl_url", StringComparison.Ordinal))
            .SelectMany(b => b.Text.Split('\n')).Where(line => !line.TrimStart().StartsWith('#')).SelectMany(line => line.Split([' ', '\t', '\r', ';'], StringSplitOptions.RemoveEmptyEntries));
        return [.. named.Concat(authorities.SelectMany(In)).Where(IsPlain).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(Most)];
    }

    private static bool IsPlain(string url) => url.Length <= 2048 && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri is { Scheme: "http", UserInfo: "" };

    private static IEnumerable<string> In(X509Certificate2 authority)
    {
        if (authority.Extensions.FirstOrDefault(e => e.Oid?.Value == DistributionPoints) is not { } extension)
        {
            return [];
        }
        try
        {
            return
            [
                .. from point in CrlDistPoint.GetInstance(Asn1Object.FromByteArray(extension.RawData)).GetDistributionPoints()
                   where point.DistributionPointName is { Type: DistributionPointName.FullName }
                   from name in GeneralNames.GetInstance(point.DistributionPointName.Name).GetNames()
                   where name.TagNo == GeneralName.UniformResourceIdentifier
                   select DerIA5String.GetInstance(name.Name).GetString(),
            ];
        }
        catch (Exception error) when (error is ArgumentException or IOException or InvalidCastException or InvalidOperationException)
        {
            // An authority that says it in no readable way says nothing.
            return [];
        }
    }
}
