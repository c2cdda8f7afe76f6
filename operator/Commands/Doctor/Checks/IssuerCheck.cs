using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>Token issuers: the clients' Secrets, and the discovery document as Rucio will read it.</summary>
internal static class IssuerCheck
{
    public static async Task RunAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        var oidc = instance.Spec.Oidc;
        foreach (var (issuer, place) in (oidc?.Issuers ?? []).Select((i, n) => (i, n)))
        {
            var field = $"spec.oidc.issuers[{place}]";
            await SecretAsync(issuer.ClientSecretRef, $"{field}.clientSecretRef");
            if (issuer.ScimSecretRef is { } scim)
            {
                await SecretAsync(scim, $"{field}.scimSecretRef");
            }
            tools.RequireReach(new Uri(issuer.Url).Host);
            if (await tools.Issuers.CheckAsync(issuer.Url, issuer.Name == oidc!.AdminIssuer, ct, trust: await tools.Trust.BundleAsync(instance, ct)) is { } problem)
            {
                notes.Error(problem.Reason, $"{(problem.Fatal ? $"{field}.url" : "spec.oidc.adminIssuer")}: {problem.Message}");
            }
            else
            {
                notes.Ok($"{field}: {issuer.Name} is found at {issuer.Url}");
            }
        }

        async Task SecretAsync(SecretRef reference, string field)
        {
            try
            {
                foreach (var entry in (string[])["client-id", "client-secret"])
                {
                    await tools.Secrets.RequireAsync(new ObjectKey(instance.Metadata.NamespaceProperty, reference.Name), entry, field, ct);
                }
            }
            catch (SecretProblem problem)
            {
                notes.Error(problem.Reason, problem.Message);
            }
            catch (NotAtHandException unknown)
            {
                notes.NotChecked(unknown.Reason, $"{field}: {unknown.Message}");
            }
        }
    }
}
