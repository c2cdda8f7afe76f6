using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Observed.Scim;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>Who a VO's members are: asks the directory, as far as the instance grants it.</summary>
public sealed class Members(ScimDirectory directory, ReferencedSecrets secrets, TrustTexts trust)
{
    /// <summary>An issuer may be down for as long before anybody is told: who is in stays in meanwhile.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    public const string Reading = nameof(Reading);

    /// <summary>Null: the spec has no membership.</summary>
    public async Task<Membership?> OfAsync(VirtualOrganisation vo, RucioInstance instance, ObservedVo observed, CancellationToken ct)
    {
        if (vo.Spec.Membership is not { } spec)
        {
            return null;
        }
        if (Refusal(vo, instance, out var issuer) is { } refusal)
        {
            return Membership.Unknown(vo.Spec, observed, refusal);
        }
        ScimSource source;
        try
        {
            source = await SourceAsync(instance, issuer!, ct);
        }
        catch (SecretProblem problem)
        {
            return Membership.Unknown(vo.Spec, observed, new(VoConditions.MembershipSynced, problem.Reason, problem.Message));
        }
        DurationText.TryParse(spec.Interval, out var interval);
        var look = directory.Look(ObjectKey.Of(instance), source, ObjectKey.Of(vo), interval, now: StatusPass.Token(vo) != vo.Status?.LastHandledReconcileAt);
        var membership = Membership.For(new(vo.Spec, issuer!.Url, instance.Spec.Oidc!.Issuers.Select(i => i.Url).ToHashSet(), look.People, observed, instance.Spec.Tenancy?.Limits?.Accounts));
        // Read before, by an operator that has ended since, and nobody has asked for something else: as good as known.
        var isKnown = look.People is not null || vo.Status is { Membership: not null } status && status.ObservedGeneration == vo.Metadata.Generation;
        return look switch
        {
            { Failure: { } failure } when !isKnown || look.FailingFor > Patience => membership with { Problem = new(VoConditions.MembershipSynced, failure.Reason, $"issuer {spec.Issuer}: {failure.Message}; until it can be read, nobody joins or leaves") },
            { People: null } => membership with { Problem = new(VoConditions.MembershipSynced, Reading, $"issuer {spec.Issuer} is being read") },
            _ => membership,
        };
    }

    /// <summary>First rule that fits wins.</summary>
    internal static Problem? Refusal(VirtualOrganisation vo, RucioInstance instance, out OidcIssuer? issuer)
    {
        var (spec, key) = (vo.Spec.Membership!, ObjectKey.Of(instance));
        issuer = instance.Spec.Oidc?.Issuers.FirstOrDefault(i => i.Name == spec.Issuer);
        if (issuer is null)
        {
            return new(VoConditions.MembershipSynced, Membership.IssuerNotOffered, $"spec.membership.issuer: RucioInstance {key} has no issuer {spec.Issuer} in spec.oidc.issuers");
        }
        var granted = issuer.ScimGrants?.FirstOrDefault(g => g.Tag == vo.Spec.Tag && g.Namespace == vo.Metadata.NamespaceProperty)?.Groups ?? [];
        return granted.Contains(MemberGroup.Everybody) ? null
            : spec.Groups.Where(g => !granted.Contains(g.Name)).Select(g => g.Name).ToList() is [var first, ..]
                ? new(VoConditions.MembershipSynced, Membership.GroupNotGranted, $"spec.membership.groups: RucioInstance {key} does not grant group {first} to tag {vo.Spec.Tag} of this namespace: its platform engineer does, in spec.oidc.issuers[{spec.Issuer}].scimGrants")
                : null;
    }

    private async Task<ScimSource> SourceAsync(RucioInstance instance, OidcIssuer issuer, CancellationToken ct)
    {
        var (reference, field) = issuer.ScimSecretRef is { } scim ? (scim, "scimSecretRef") : (issuer.ClientSecretRef, "clientSecretRef");
        var (key, path) = (new ObjectKey(instance.Metadata.NamespaceProperty, reference.Name), $"spec.oidc.issuers[{issuer.Name}].{field} of RucioInstance {ObjectKey.Of(instance)}");
        return new(issuer.Name, issuer.Url, (issuer.ScimUrl ?? $"{issuer.Url.TrimEnd('/')}/scim").TrimEnd('/'),
            await secrets.RequireAsync(key, "client-id", path, ct), await secrets.RequireAsync(key, "client-secret", path, ct), await trust.BundleAsync(instance, ct));
    }
}
