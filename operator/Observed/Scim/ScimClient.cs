using System.Net;
using System.Text.Json;

namespace RucioOperator.Observed.Scim;

/// <summary>
/// Reads all users and groups of an issuer, page by page (RFC 7644 3.4.2.4). INDIGO IAM gives at most 100 a page, knows no
/// filter, and pages are no session: who comes or goes in between shifts them. A read that misses somebody would suspend
/// them, so one whose count is not the total is no read.
/// </summary>
public sealed class ScimClient(Func<string, HttpClient> http, TimeProvider time)
{
    private const int PageSize = 100;

    /// <summary>More than any community we know; a server that never ends must not fill the memory.</summary>
    private const int Most = 50_000;

    /// <exception cref="ScimFailure">Nothing of what was read may be used.</exception>
    public async Task<ScimPeople> ReadAsync(ScimSource source, CancellationToken ct)
    {
        var session = new ScimSession(http(source.Trust), source, time);
        var groups = await AllAsync(session, source, "Groups", ScimJson.Group, g => g.Id, ct);
        var users = await AllAsync(session, source, "Users", ScimJson.User, u => u.User.Id, ct);
        var names = groups.ToDictionary(g => g.Id, g => g.Name);
        var ofUser = groups.SelectMany(g => g.Members.Select(m => (User: m, Group: g.Name))).ToLookup(m => m.User, m => m.Group);
        return new ScimPeople(
            [.. users.Select(u => u.User with { Groups = [.. u.GroupIds.Select(id => names.GetValueOrDefault(id)).OfType<string>().Concat(u.User.Groups).Concat(ofUser[u.User.Id]).Distinct().Order(StringComparer.Ordinal)] })],
            names.Values.ToHashSet());
    }

    private static async Task<IReadOnlyList<T>> AllAsync<T>(ScimSession session, ScimSource source, string kind, Func<JsonElement, T?> parse, Func<T, string> id, CancellationToken ct) where T : struct
    {
        var found = new Dictionary<string, T>(StringComparer.Ordinal);
        var (seen, nameless, total) = (0, 0, 0);
        string? last = null;
        do
        {
            // Each page begins with the last of the one before: if it doesn't, the list has moved in between.
            using var page = await session.GetAsync($"{source.Url}/{kind}?startIndex={Math.Max(seen, 1)}&count={PageSize}", ct);
            total = ScimJson.Number(page.RootElement, "totalResults") ?? throw new ScimFailure(ScimFailure.ScimFailed, $"{source.Url}/{kind} is no SCIM list (totalResults is missing)");
            if (total > Most)
            {
                throw new ScimFailure(ScimFailure.ScimFailed, $"{source.Url}/{kind} has {total} entries, and at most {Most} are read");
            }
            var items = ScimJson.Items(page.RootElement, "Resources").ToList();
            if (seen > 0 && (items.Count == 0 || ScimJson.Text(items[0], "id") != last))
            {
                throw Unstable();
            }
            var fresh = items.Skip(seen > 0 ? 1 : 0).ToList();
            foreach (var item in fresh)
            {
                if (parse(item) is { } entry)
                {
                    found[id(entry)] = entry;
                }
                else
                {
                    nameless++;
                }
            }
            if (fresh.Count == 0)
            {
                break;
            }
            seen += fresh.Count;
            last = ScimJson.Text(items[^1], "id");
        }
        while (seen < total);
        return found.Count + nameless == total ? [.. found.Values] : throw Unstable();

        ScimFailure Unstable() => new(ScimFailure.ScimUnstable, $"{source.Url}/{kind} changed while it was read: it is read again", TimeSpan.FromSeconds(5));
    }
}
