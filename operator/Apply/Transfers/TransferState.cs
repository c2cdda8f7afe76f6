using RucioOperator.Grid;

namespace RucioOperator.Apply.Transfers;

/// <summary>What a holder has now. <c>Proxy.ToPem()</c> is a secret.</summary>
/// <param name="Proxy">Null: none that is alive is known.</param>
/// <param name="Fault">Why there is no newer one.</param>
/// <param name="Delegations">One for each server of the wish.</param>
/// <param name="Leaving">Not revoked yet.</param>
public sealed record TransferState(ClientCredential? Proxy, TransferFault? Fault, IReadOnlyList<Delegation> Delegations, IReadOnlyList<LeavingDelegation> Leaving)
{
    public static TransferState Nothing { get; } = new(null, null, [], []);

    public override string ToString() => $"{(Proxy is null ? "no proxy" : $"proxy until {Proxy.NotAfter:u}")}, {Delegations.Count(d => d.NotAfter is not null)} of {Delegations.Count} delegations";
}

/// <summary>At one FTS server.</summary>
/// <param name="IsKnown">The server was asked.</param>
/// <param name="Id">Null: not known.</param>
/// <param name="NotAfter">Null: it holds nothing.</param>
public sealed record Delegation(Uri Server, bool IsKnown, string? Id, string? Dn, IReadOnlyList<string> Fqans, DateTimeOffset? NotAfter, TransferFault? Fault);

public sealed record LeavingDelegation(FormerDelegation Former, TransferFault? Fault);

/// <summary>Something that fails again and again.</summary>
/// <param name="Step">proxy, voms, delegation or revocation.</param>
/// <param name="Message">Fit for a status.</param>
/// <param name="Since">The first failure in a row.</param>
public sealed record TransferFault(string Step, string Reason, string Message, DateTimeOffset Since)
{
    public const string ProxyStep = "proxy";
    public const string VomsStep = "voms";
    public const string DelegationStep = "delegation";
    public const string RevocationStep = "revocation";

    public const string HostNotAllowed = nameof(HostNotAllowed);
    public const string ClockSkew = nameof(ClockSkew);

    /// <summary>The same trouble goes on.</summary>
    internal TransferFault After(TransferFault? before) => before?.Reason == Reason && before.Step == Step ? this with { Since = before.Since } : this;
}
