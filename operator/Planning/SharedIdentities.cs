using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Identities that the platform engineer lets several VOs map: <c>tenancy.sharedIdentities</c>.</summary>
public sealed class SharedIdentities(IEnumerable<string> listed)
{
    private readonly HashSet<string> _texts = [.. listed.Select(IdentityText.Canonical).OfType<string>()];

    public bool Has(ObservedIdentity identity) => identity.Type != "USERPASS" && IdentityText.Canonical(identity.Identity) is { } text && _texts.Contains(text);
}
