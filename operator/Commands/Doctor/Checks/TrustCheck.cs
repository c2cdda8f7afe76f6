using RucioOperator.Api;
using RucioOperator.Grid;
using RucioOperator.Planning.Checks;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>The bundles of authorities: they can be read, and nothing in them is over.</summary>
internal static class TrustCheck
{
    public static async Task RunAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        if (instance.Spec.Trust?.CaBundles is not { Count: > 0 })
        {
            return;
        }
        AuthorityFiles trusted;
        try
        {
            trusted = AuthorityFiles.From(await tools.Trust.ReadAsync(instance, ct));
        }
        catch (FormatException error)
        {
            notes.Error("InvalidCertificates", error.Message);
            return;
        }
        if (trusted.Authorities == 0)
        {
            notes.Error("NoAuthorities", "spec.trust.caBundles: there is no certificate in them (PEM, BEGIN CERTIFICATE)");
            return;
        }
        notes.Ok($"spec.trust.caBundles: {trusted.Authorities} authorities, {trusted.RevocationLists} revocation lists");
        foreach (var authority in trusted.Certificates.Where(a => a.NotAfter.ToUniversalTime() < tools.Now + EndpointsVerdict.Notice))
        {
            var end = authority.NotAfter.ToUniversalTime();
            notes.Warning("AuthorityExpired", $"spec.trust.caBundles: {authority.Subject} {(end < tools.Now ? "ran" : "runs")} out at {end:u}");
        }
        foreach (var list in trusted.Lists.Where(l => l.NextUpdate < tools.Now))
        {
            notes.Error("RevocationListExpired", $"spec.trust.caBundles: the revocation list {list.Hash}.r0 was good until {list.NextUpdate:u}: servers that check it refuse every certificate of its authority");
        }
    }
}
