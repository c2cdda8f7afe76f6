using System.Text;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Whom this instance trusts: the bundles of the spec as a directory of authorities; and what servers keep secret between them.</summary>
internal static class TrustStage
{
    /// <summary>A ConfigMap holds 1 MiB; what is left is for the bundle and the object's own metadata.</summary>
    private const int LargestTrust = 1_000_000;

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Instance.Spec.Webui is not null)
        {
            await work.SecretAsync(work.Names.WebuiSession, random => new Dictionary<string, string> { ["secret"] = random(32) }, ct);
        }
        if (work.Instance.Spec.Trust?.CaBundles is not { Count: > 0 })
        {
            work.Report.Remove(InstanceConditions.TrustLoaded);
            return null;
        }
        AuthorityFiles trusted;
        try
        {
            trusted = AuthorityFiles.From(await work.Parts.Trust.ReadAsync(work.Instance, ct));
        }
        catch (FormatException error)
        {
            return new Outcome.Blocked("InvalidCertificates", error.Message);
        }
        if (trusted.Authorities == 0)
        {
            return new Outcome.Blocked("NoAuthorities", "spec.trust.caBundles: there is no certificate in them (PEM, BEGIN CERTIFICATE)");
        }
        if (trusted.Files.Values.Sum(f => f.Length) > LargestTrust)
        {
            return new Outcome.Blocked("TooLarge", $"spec.trust.caBundles: {trusted.Authorities} authorities and {trusted.RevocationLists} revocation lists don't fit into one ConfigMap; name those that are needed");
        }
        var probe = work.Instance.Spec.Auth is null ? new Dictionary<string, string>() : ProbeFiles(work.Probe = await ProbeAsync(work, ct));
        work.Trust = new Trusted(trusted.Files, probe, trusted.Files[AuthorityFiles.Bundle], trusted.RevocationLists > 0);
        Tell(work, trusted);
        return null;
    }

    private static void Tell(InstanceWork work, AuthorityFiles trusted)
    {
        var lists = trusted.RevocationLists == 0 ? "no revocation list, so nobody is checked for revocation" : $"{trusted.RevocationLists} revocation lists";
        if (trusted.NextUpdate is { } until && until < work.Now)
        {
            work.Report.Unmet(InstanceConditions.TrustLoaded, new Outcome.Blocked("RevocationListExpired", $"spec.trust.caBundles: a revocation list ran out at {until:u}, and certificates of its authority are refused: put in a newer one", TimeSpan.FromMinutes(10)));
        }
        else if (trusted.Unlisted is [var first, ..])
        {
            work.Report.Unmet(InstanceConditions.TrustLoaded, new Outcome.Blocked("RevocationListMissing", $"spec.trust.caBundles: where there is one revocation list, each authority needs one, or its certificates are refused; {trusted.Unlisted.Count} have none, the first is {first}"));
        }
        else
        {
            work.Report.True(InstanceConditions.TrustLoaded, "Loaded", $"{trusted.Authorities} authorities, {lists}");
        }
    }

    private static async Task<ProbeIdentity> ProbeAsync(InstanceWork work, CancellationToken ct)
    {
        var secret = await work.SecretAsync(work.Names.X509Probe, _ =>
        {
            var made = ProbeIdentity.Make(work.Now);
            return new Dictionary<string, string>
            {
                [ProbeIdentity.AuthorityEntry] = made.Authority,
                [ProbeIdentity.RevocationListEntry] = made.RevocationList,
                [ProbeIdentity.CertificateEntry] = made.Certificate,
                [ProbeIdentity.KeyEntry] = made.Key,
            };
        }, ct);
        return new ProbeIdentity(secret[ProbeIdentity.AuthorityEntry], secret[ProbeIdentity.RevocationListEntry], secret[ProbeIdentity.CertificateEntry], secret[ProbeIdentity.KeyEntry]);
    }

    /// <summary>Without the bundle: the system must not trust it.</summary>
    private static Dictionary<string, string> ProbeFiles(ProbeIdentity probe) =>
        AuthorityFiles.From([("probe", probe.Authority), ("probe", probe.RevocationList)]).Files.Where(f => f.Key != AuthorityFiles.Bundle).ToDictionary(f => f.Key, f => f.Value);
}
