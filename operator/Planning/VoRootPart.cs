using System.Text.RegularExpressions;
using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>The VO itself, and who opens its root: only the operator.</summary>
internal static partial class VoRootPart
{
    /// <summary>What Rucio gives root of every new VO (lib/rucio/core/vo.py).</summary>
    private const string PublishedPassword = "password";

    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed)
    {
        var tag = desired.Spec.Tag;
        var published = DesiredVo.IdentityOf("root", tag);
        if (desired.Reach == VoReach.Catalogue && observed.PolicyPackage != desired.PolicyPackage)
        {
            yield return new SetPolicyPackage(tag, desired.PolicyPackage);
        }
        var row = observed.Passwords.GetValueOrDefault(published);
        if (row is null ? !observed.Exists : row.Matches(PublishedPassword))
        {
            yield return new NeutraliseIdentity(published, $"root@{tag}");
        }
        if (!observed.Exists)
        {
            yield return new CreateVo(tag, desired.Spec.Description ?? "", desired.Spec.Email ?? "");
            yield return new RecoverRoot(tag, desired.RootIdentity);
            yield break;
        }
        var mapped = observed.Accounts.GetValueOrDefault("root")?.Identities ?? [];
        var ours = desired.Reach == VoReach.Given || mapped.Any(i => i is { Type: "USERPASS" } && i.Identity == desired.RootIdentity);
        if (!ours)
        {
            yield return new RecoverRoot(tag, desired.RootIdentity);
        }
        else if (desired.Reach == VoReach.Catalogue && observed.Passwords.GetValueOrDefault(desired.RootIdentity)?.Matches(desired.RootPassword) != true)
        {
            yield return new SetRootPassword(tag, desired.RootIdentity);
        }
        else
        {
            if (desired.NextRoot is { } next)
            {
                if (!mapped.Any(i => i is { Type: "USERPASS" } && i.Identity == next.Identity))
                {
                    yield return new MapNextRoot(tag, next.Identity);
                }
                else if (desired.Reach == VoReach.Catalogue && observed.Passwords.GetValueOrDefault(next.Identity)?.Matches(next.Password) != true)
                {
                    yield return new SetRootPassword(tag, next.Identity);
                }
            }
            foreach (var other in mapped.Where(i => i.Type != "USERPASS" || i.Identity != desired.RootIdentity && i.Identity != desired.NextRoot?.Identity))
            {
                // On a VO somebody else made, only the published identity and an earlier operator's are ours to remove, unless the spec says otherwise.
                if (desired.Reach != VoReach.Given && (observed.CreatedByOperator || desired.Spec.RootMappings == RootMappings.Exclusive || IsOperators(other, tag))
                    || other.Identity == published && (desired.Reach == VoReach.Catalogue || observed.PublishedRootOpens))
                {
                    yield return new UnmapRootIdentity(other.Identity, other.Type);
                }
            }
        }
    }

    /// <summary>A re-created cluster has new Secrets, and the old ones must be dead.</summary>
    internal static bool IsOperators(ObservedIdentity identity, string tag) => identity.Type == "USERPASS" && OperatorIdentity().Match(identity.Identity) is { Success: true } match && match.Groups[1].Value == tag;

    [GeneratedRegex(@"^operator-[a-z0-9]{8}@(...)\z")]
    private static partial Regex OperatorIdentity();
}
