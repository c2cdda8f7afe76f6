using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Apply;

/// <summary>How to reach a Rucio that somebody else runs; another value means another connection.</summary>
/// <param name="CaPem">The only authorities that may vouch for it; null: the system's.</param>
/// <param name="Credential">Its VO is <c>def</c>; in a multi-VO Rucio an account other than <c>super_root</c> is one of each granted VO.</param>
public sealed record ExternalAccess(Uri Api, Uri Auth, string? CaPem, RucioCredential Credential, bool MultiVo)
{
    public VoReach Reach => MultiVo && Credential is { Account: "super_root", Vo: RucioOperator.Api.BaseVo.Tag } ? VoReach.SuperRoot : VoReach.Given;

    /// <summary>The same login, in a VO.</summary>
    public RucioCredential CredentialIn(string tag) => Credential with { Vo = tag };

    public override string ToString() => $"{Credential} at {Api}";
}
