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
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Instance.Spec.Webui is not null)
        {
            await work.SecretAsync(work.Names.WebuiSession, random => new Dictionary<string, string> { ["secret"] = random(32) }, ct);
        }
        if (work.Instance.Spec.Trust?.CaBundles is not { Count: > 0 })
        {
            work.Report.Remove(InstanceConditions.TrustLoaded);
            work.Parts.Revocation.Forget(work.Key);
            return null;
        }
        IReadOnlyList<(string Source, string Text)> texts;
        AuthorityFiles trusted;
        try
        {
            texts = await work.Parts.Trust.ReadAsync(work.Instance, ct);
            trusted = AuthorityFiles.From(texts);
        }
        catch (FormatException error)
        {
            return new Outcome.Blocked("InvalidCertificates", error.Message);
        }
        if (trusted.Authorities == 0)
        {
            return new Outcome.Blocked("NoAuthorities", "spec.trust.caBundles: there is no certificate in them (PEM, BEGIN CERTIFICATE)");
        }
        // A ConfigMap holds 1 MiB; what is left is for the object's own metadata.
        if (trusted.Files.Values.Sum(f => f.Length) > RevocationShards.LargestMap)
        {
            return new Outcome.Blocked("TooLarge", $"spec.trust.caBundles: {trusted.Authorities} authorities and {trusted.RevocationLists} revocation lists don't fit into one ConfigMap; name those that are needed");
        }
        var probe = work.Instance.Spec.Auth is null ? new Dictionary<string, string>() : ProbeFiles(work.Probe = await ProbeAsync(work, ct));
        var lists = work.Parts.Revocation.Of(work, texts, trusted);
        var fetched = RevocationShards.Of(lists.Used.Fetched);
        work.Trust = new Trusted(lists.Used.Files, probe, trusted.Files[AuthorityFiles.Bundle], lists.Used.RevocationLists > 0) { Fetched = fetched };
        if (lists.Trouble(work.Now, fetched.LeftOut) is { } trouble)
        {
            work.Report.Unmet(InstanceConditions.TrustLoaded, trouble);
        }
        else
        {
            work.Report.True(InstanceConditions.TrustLoaded, "Loaded", lists.Words);
        }
        work.LookAgainIn(lists.Used.NextUpdate - work.Now is { } left && left > TimeSpan.Zero ? left : null);
        return null;
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
