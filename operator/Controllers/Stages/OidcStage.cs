using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>
/// Which issuers go into idpsecrets.json: those with credentials and a discovery document Rucio can read. A new one that is
/// broken stays out; one that is in already stays in, since taking it out would end logins that still work.
/// </summary>
internal static class OidcStage
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Instance.Spec.Oidc is not { } oidc)
        {
            work.Report.True(InstanceConditions.OidcReady, "NotUsed", "No token issuers are asked for");
            return null;
        }
        var (rendered, trust) = (Rendered(work), await work.Parts.Trust.BundleAsync(work.Instance, ct));
        var answers = await Task.WhenAll(oidc.Issuers.Select((issuer, place) => AskAsync(work, oidc, issuer, $"spec.oidc.issuers[{place}]", rendered.GetValueOrDefault(issuer.Name), trust, ct)));
        work.OidcClients = [.. answers.Select(a => a.Client).OfType<OidcClient>()];
        if (answers.Select(a => a.Problem).OfType<Outcome>().ToList() is [var first, ..])
        {
            work.Report.Unmet(InstanceConditions.OidcReady, first);
        }
        else
        {
            work.Report.True(InstanceConditions.OidcReady, "Discovered", $"Tokens of {string.Join(", ", work.OidcClients.Select(c => c.Name))} are taken");
        }
        return null;
    }

    private static async Task<(OidcClient? Client, Outcome? Problem)> AskAsync(InstanceWork work, OidcSpec oidc, OidcIssuer issuer, string field, OidcClient? before, string trust, CancellationToken ct)
    {
        var staying = before?.Issuer == issuer.Url ? before : null;
        try
        {
            var client = await ClientAsync(work, issuer, field, ct);
            return await work.Parts.Oidc.CheckAsync(issuer.Url, issuer.Name == oidc.AdminIssuer, ct, now: StatusPass.Token(work.Instance) != work.Instance.Status?.LastHandledReconcileAt, trust) switch
            {
                null => (client, null),
                { Fatal: false } flaw => (client, new Outcome.Blocked(flaw.Reason, $"spec.oidc.adminIssuer: {flaw.Message}", LookAgain)),
                var broken when staying is null => (null, new Outcome.Blocked(broken.Reason, $"{field}.url: {broken.Message}; until then {issuer.Name} is left out, or no token of any issuer would be taken", LookAgain)),
                var broken => (client, new Outcome.Blocked(broken.Reason, $"{field}.url: {broken.Message}; a server that starts now takes no token of any issuer", LookAgain)),
            };
        }
        catch (SecretProblem problem)
        {
            return (staying, new Outcome.Blocked(problem.Reason, problem.Message, LookAgain));
        }
    }

    private static async Task<OidcClient> ClientAsync(InstanceWork work, OidcIssuer issuer, string field, CancellationToken ct)
    {
        var (id, secret) = await LoginAsync(issuer.ClientSecretRef, $"{field}.clientSecretRef");
        var (scimId, scimSecret) = issuer.ScimSecretRef is { } scim ? await LoginAsync(scim, $"{field}.scimSecretRef") : (id, secret);
        return new(issuer.Name, issuer.Url, id, secret, scimId, scimSecret);

        async Task<(string, string)> LoginAsync(SecretRef reference, string at)
        {
            var key = new ObjectKey(work.Names.Namespace, reference.Name);
            return (await work.Parts.References.RequireAsync(key, "client-id", at, ct), await work.Parts.References.RequireAsync(key, "client-secret", at, ct));
        }
    }

    private static IReadOnlyDictionary<string, OidcClient> Rendered(InstanceWork work)
    {
        var secret = work.Parts.ConfigSecrets.Store.Get(new ObjectKey(work.Names.Namespace, work.Names.IdpSecrets));
        try
        {
            return OidcConfig.Parse(secret?.Data?.TryGetValue(OidcConfig.SecretsFile, out var text) == true ? JsonNode.Parse(text) : null);
        }
        catch (JsonException)
        {
            return OidcConfig.Parse(null);
        }
    }
}
