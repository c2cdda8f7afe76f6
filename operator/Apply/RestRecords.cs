using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using RucioOperator.Catalogue;
using RucioOperator.RucioApi;

namespace RucioOperator.Apply;

/// <summary>
/// Claims and marks in the config table over REST, where the account may write it; elsewhere they are this cluster's
/// business alone. Rucio's readers cache each option for up to 15 minutes, so what was written is remembered here.
/// </summary>
public sealed class RestRecords(Func<string, RucioSession> session) : IVoRecords
{
    private readonly ConcurrentDictionary<string, string> _written = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, string>? _table;

    /// <summary>False: no <c>/config</c> there, or not for this account.</summary>
    public bool Kept => _table is not null;

    /// <param name="tag">A VO whose session may read.</param>
    public async Task ReadAsync(string tag, CancellationToken ct) => _table = await session(tag).FindConfigAsync(CatalogueReader.ConfigSection, ct);

    public string? Claim(string tag) => Value(CatalogueReader.ClaimPrefix + tag);

    public bool IsCreatedByUs(string tag) => Value(CatalogueReader.CreatedPrefix + tag) is { Length: > 0 };

    public async Task<bool> ClaimAsync(string tag, string claimant, CancellationToken ct)
    {
        if (Claim(tag) is { } held && held != claimant)
        {
            return false;
        }
        await WriteAsync(tag, CatalogueReader.ClaimPrefix + tag, claimant, ct);
        return true;
    }

    public async Task<bool> TakeUpClaimAsync(string tag, string from, string claimant, CancellationToken ct)
    {
        if (Claim(tag) is var held && held != from && held != claimant)
        {
            return false;
        }
        await WriteAsync(tag, CatalogueReader.ClaimPrefix + tag, claimant, ct);
        return true;
    }

    public async Task<bool> MarkCreatedAsync(string tag, CancellationToken ct)
    {
        if (IsCreatedByUs(tag))
        {
            return false;
        }
        await WriteAsync(tag, CatalogueReader.CreatedPrefix + tag, "true", ct);
        return true;
    }

    public Task UnmarkCreatedAsync(string tag, CancellationToken ct) => WriteAsync(tag, CatalogueReader.CreatedPrefix + tag, "", ct);

    /// <summary>
    /// Only where there is no such row yet: <c>PUT /identities</c> makes it before it asks whether the caller may map it
    /// (lib/rucio/core/identity.py), and an existing one keeps its password.
    /// </summary>
    public async Task SetPasswordAsync(string identity, string password, string onlyAccount, CancellationToken ct)
    {
        try
        {
            await session(Api.BaseVo.Tag).OccupyIdentityAsync(identity, password, ct);
        }
        catch (RucioRejectedException expected) when (expected.ExceptionClass is "AccessDenied" or "AccountNotFound" or "DatabaseException" or "Duplicate")
        {
            // The row is there now, or was before. Mapped it is not: super_root has no account of that name.
        }
    }

    public Task ClaimLongNameAsync(string name, string tag, CancellationToken ct) => throw new NotSupportedException("names of VOs are its owner's");

    public Task ReleaseLongNameAsync(string name, string tag, CancellationToken ct) => throw new NotSupportedException("names of VOs are its owner's");

    /// <summary>There is no call for that: they end within the hour.</summary>
    public Task DescribeVoAsync(string tag, string description, string email, CancellationToken ct) => throw new NotSupportedException("only tables can be told that");

    private string? Value(string option) => _written.TryGetValue(option, out var written) ? written : _table?.GetValueOrDefault(option);

    private async Task WriteAsync(string tag, string option, string value, CancellationToken ct)
    {
        if (Kept)
        {
            // In a body: a value with a slash is no path segment.
            await session(tag).SendAsync(HttpMethod.Post, "config", new JsonObject { [CatalogueReader.ConfigSection] = new JsonObject { [option] = value } }, ct);
        }
        _written[option] = value;
    }
}
