using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Grid;

/// <summary>Is a server's certificate good for us? Nothing is fetched for it.</summary>
internal static class ServerTrust
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>First rule that fits wins.</summary>
    /// <param name="presented">The server's own first.</param>
    /// <param name="dn">Whose it must be, with slashes; null: anybody's who has the host's name.</param>
    /// <param name="authoritiesPem">Trusted besides the system's.</param>
    /// <returns>The end of a sentence that begins with "its certificate"; null: nothing against it.</returns>
    public static string? Against(IReadOnlyList<X509Certificate2> presented, string host, string? dn, string authoritiesPem, DateTimeOffset now)
    {
        var own = presented[0];
        return own switch
        {
            _ when own.NotAfter.ToUniversalTime() < now => string.Create(CultureInfo.InvariantCulture, $"ran out on {own.NotAfter.ToUniversalTime():yyyy-MM-dd}"),
            _ when own.NotBefore.ToUniversalTime() > now => string.Create(CultureInfo.InvariantCulture, $"is not valid before {own.NotBefore.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}"),
            _ when !own.MatchesHostname(host) => "is for another host",
            _ when dn is not null && SlashName.Of(own.SubjectName) != dn => $"is of {SlashName.Of(own.SubjectName)}",
            _ when !IsVouchedFor(presented, authoritiesPem, now) => "is signed by an authority that is not trusted (spec.trust.caBundles)",
            _ => null,
        };
    }

    private static bool IsVouchedFor(IReadOnlyList<X509Certificate2> presented, string authoritiesPem, DateTimeOffset now)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(authoritiesPem);
        try
        {
            return authorities.Count > 0 && Chains(X509ChainTrustMode.CustomRootTrust) || Chains(X509ChainTrustMode.System);
        }
        finally
        {
            foreach (var authority in authorities)
            {
                authority.Dispose();
            }
        }

        bool Chains(X509ChainTrustMode mode)
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = mode;
            chain.ChainPolicy.VerificationTime = now.UtcDateTime;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
            chain.ChainPolicy.ExtraStore.AddRange(presented.ToArray());
            if (mode == X509ChainTrustMode.CustomRootTrust)
            {
                chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            }
            return chain.Build(presented[0]);
        }
    }
}
