using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>As whom the operator works in a VO; the Secrets are in the instance's namespace, never in the tenant's.</summary>
internal static class RootCredentials
{
    /// <summary>Null: of its own, made when the tag is claimed.</summary>
    public static async Task<RucioCredential?> GivenAsync(RucioInstance instance, RucioConnection connection, string tag, ReferencedSecrets secrets, CancellationToken ct) => connection switch
    {
        ExternalConnection { Reach: VoReach.Given, Access: var access } => access.CredentialIn(tag),
        _ when tag == BaseVo.Tag => await ReadAsync(InstanceNames.Of(instance).Namespace, InstanceNames.Of(instance).SuperRoot, tag, secrets, ct),
        _ => null,
    };

    /// <exception cref="SecretProblem">The VO's own is not there.</exception>
    public static async Task<RucioCredential> RequireAsync(RucioInstance instance, RucioConnection connection, string tag, ReferencedSecrets secrets, CancellationToken ct) =>
        await GivenAsync(instance, connection, tag, secrets, ct) ?? await ReadAsync(InstanceNames.Of(instance).Namespace, InstanceNames.Of(instance).VoRoot(tag), tag, secrets, ct);

    /// <summary>Where the operator keeps its login on the root of one VO.</summary>
    public static ObjectKey SecretOf(RucioInstance instance, string tag) => new(InstanceNames.Of(instance).Namespace, InstanceNames.Of(instance).VoRoot(tag));

    /// <summary>By its form the operator knows its own again.</summary>
    public static string NewUsername(string tag, Func<int, string> random) => $"operator-{random(8).ToLowerInvariant()}@{tag}";

    private static async Task<RucioCredential> ReadAsync(string ns, string name, string tag, ReferencedSecrets secrets, CancellationToken ct)
    {
        var key = new ObjectKey(ns, name);
        return new(await secrets.RequireAsync(key, "username", "root credential", ct), await secrets.RequireAsync(key, "password", "root credential", ct), "root", tag);
    }
}
