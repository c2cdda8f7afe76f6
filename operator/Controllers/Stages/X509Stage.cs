using System.Net.Sockets;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>
/// The auth server refuses forged certificates and takes genuine ones, seen with certificates of the operator's own. Before
/// that nothing leads to it from outside; and nothing does any more once it is seen to let a forged one through.
/// </summary>
internal static class X509Stage
{
    private static readonly TimeSpan Again = TimeSpan.FromHours(24);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>As far as it is known before this pass has looked: what was exposed stays so over a restart.</summary>
    public static bool MayBeExposed(InstanceWork work) => !work.Trust.Any
        || (work.Parts.Exposure.Seen.TryGetValue(work.Key, out var seen) ? Allows(seen.Verdict, work) : work.Instance.Status?.AuthUrl is not null);

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Instance.Spec.Auth is null)
        {
            work.Report.Remove(InstanceConditions.X509Verified);
            work.AuthUrl = null;
            return null;
        }
        if (!work.Trust.Any)
        {
            work.Report.True(InstanceConditions.X509Verified, "Closed", "Nobody logs in by certificate: spec.trust.caBundles names no authority");
            work.AuthUrl = Exposure.Url(work.Instance.Spec.Auth);
            return null;
        }
        if (work.Availability([work.Names.Auth]) is { } notRunning)
        {
            work.Report.Unmet(InstanceConditions.X509Verified, notRunning);
            return null;
        }
        var verdict = await VerdictAsync(work, ct);
        if (verdict.Verified)
        {
            work.Report.True(InstanceConditions.X509Verified, verdict.Reason, verdict.Message);
        }
        else
        {
            work.Report.Unmet(InstanceConditions.X509Verified, new Outcome.Blocked(verdict.Reason, verdict.Message, Retry));
        }
        var exposed = MayBeExposed(work);
        work.AuthUrl = exposed ? Exposure.Url(work.Instance.Spec.Auth) : null;
        if (work.Inputs.AuthMayBeExposed == exposed)
        {
            return null;
        }
        work.Inputs = work.Inputs with { AuthMayBeExposed = exposed };
        return await ObjectsStage.RunAsync(work, ct);
    }

    /// <summary>What may be believed of the last look, else a new one.</summary>
    private static async Task<X509Verdict> VerdictAsync(InstanceWork work, CancellationToken ct)
    {
        var seen = work.Parts.Exposure.Seen;
        var of = Fingerprint(work);
        if (seen.TryGetValue(work.Key, out var last) && last.Of == of && last.Verdict.Verified && work.Now - last.At < Again)
        {
            return last.Verdict;
        }
        var address = work.Parts.ServiceOverride(work.Names.Auth, work.Names.Namespace) ?? new Uri($"https://{work.Names.AuthHost}");
        try
        {
            var verdict = await new X509Probes(new CertificateLogin(address.Host, address.Port, work.Instance.Spec.Auth!.Host, Patience), work.Parts.Time).RunAsync(work.Probe!, ct);
            seen[work.Key] = new X509Seen(of, verdict, work.Now);
            return verdict;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // Says nothing about who is let in: what was known stays.
            return new X509Verdict(false, "ProbeFailed", $"The auth server could not be asked: {error.Message}");
        }
    }

    /// <summary>One that refuses a genuine certificate is broken, not open: what is exposed stays, what is not waits.</summary>
    private static bool Allows(X509Verdict verdict, InstanceWork work) =>
        verdict.Verified || (!verdict.IsOpen && work.Instance.Status?.AuthUrl is not null);

    private static string Fingerprint(InstanceWork work)
    {
        var pods = work.Parts.Deployments.Store.Get(new ObjectKey(work.Names.Namespace, work.Names.Auth));
        return $"{pods?.Metadata.Uid}/{pods?.Metadata.Generation}/{work.Trust.Fingerprint}";
    }
}
