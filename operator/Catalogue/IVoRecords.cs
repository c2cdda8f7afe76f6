namespace RucioOperator.Catalogue;

/// <summary>What a VO needs that Rucio's REST interface has no call for, or only a bypath.</summary>
public interface IVoRecords
{
    /// <summary>Takes the tag for <paramref name="claimant"/>; false if somebody else holds it. Claims outlive every resource.</summary>
    Task<bool> ClaimAsync(string tag, string claimant, CancellationToken ct);

    /// <summary>Moves a claim whose resource is gone; false if it changed meanwhile.</summary>
    Task<bool> TakeUpClaimAsync(string tag, string from, string claimant, CancellationToken ct);

    /// <summary>Written before <c>POST /vos</c>, so that a VO made just before a crash is still known as the operator's own.</summary>
    /// <returns>False: the mark was there.</returns>
    Task<bool> MarkCreatedAsync(string tag, CancellationToken ct);

    Task UnmarkCreatedAsync(string tag, CancellationToken ct);

    /// <exception cref="DatabaseFault">The name is another VO's: nothing is written.</exception>
    Task ClaimLongNameAsync(string name, string tag, CancellationToken ct);

    /// <summary>Only where it is this VO's.</summary>
    Task ReleaseLongNameAsync(string name, string tag, CancellationToken ct);

    /// <summary>Creates the USERPASS row or gives it this password. The row alone lets nobody in; a mapping does.</summary>
    Task SetPasswordAsync(string identity, string password, string onlyAccount, CancellationToken ct);

    /// <summary>For VO <c>def</c>: a single-VO Rucio refuses every call to <c>/vos</c>.</summary>
    Task DescribeVoAsync(string tag, string description, string email, CancellationToken ct);
}
