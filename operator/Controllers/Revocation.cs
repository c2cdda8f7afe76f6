using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Controllers.Stages;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Hosting;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>
/// Revocation lists of instances with <c>trust.crlRefresh</c>. The ConfigMaps they are rendered into are also what survives
/// a restart of the operator.
/// </summary>
public sealed class Revocation(RevocationWatch watch, Informer<V1ConfigMap> maps)
{
    public static Revocation Make(Func<string, HttpClient> http, Informer<V1ConfigMap> maps, OperatorMetrics metrics, TimeProvider time, Func<double> chance)
    {
        var fetch = new RevocationFetch(http(""), time);
        var watch = new RevocationWatch(async (url, ct) =>
        {
            var read = false;
            try
            {
                var bytes = await fetch.ReadAsync(url, ct);
                read = true;
                return bytes;
            }
            finally
            {
                metrics.RevocationListFetched(read);
            }
        }, time, chance);
        metrics.WatchRevocationLists(() => watch.Ends.Select(e => (e.Instance, e.Authority, e.NextUpdate)));
        return new Revocation(watch, maps);
    }

    /// <summary>Of an instance: its lists, or what is wrong with them, changed.</summary>
    public event Action<ObjectKey>? Changed { add => watch.Changed += value; remove => watch.Changed -= value; }

    public void Forget(ObjectKey instance) => watch.Forget(instance);

    internal InstanceLists Of(InstanceWork work, IReadOnlyList<(string Source, string Text)> bundles, AuthorityFiles trusted)
    {
        if (work.Instance.Spec.Trust?.CrlRefresh is not { } every)
        {
            watch.Forget(work.Key);
            return new InstanceLists(trusted, trusted.Unlisted);
        }
        var saved = RevocationShards.Letters.SelectMany(l => maps.Store.Get(new ObjectKey(work.Names.Namespace, work.Names.RevocationLists(l)))?.Data?.Values ?? []).ToList();
        var urls = RevocationSources.Of(bundles, trusted.Certificates);
        // Who only looks fetches nothing.
        var state = work.OnlyLooks
            ? RevocationState.Of(RevocationFollower.Read(saved, trusted.Certificates))
            : watch.Follow(new(work.Key, Digest.Of(string.Join('\n', [every, trusted.Files[AuthorityFiles.Bundle], .. urls]), 16), trusted.Certificates, urls, DurationText.Parse(every)), () => saved);
        var all = trusted.With(state.Lists);
        IReadOnlyList<string> missing = all.RevocationLists == 0 ? [.. trusted.Certificates.Select(a => a.Subject)] : all.Unlisted;
        // httpd refuses whose authority has no list, once it is told to check at all: what is not complete yet must not
        // lock out people who were let in before.
        var complete = missing.Count == 0 || trusted.RevocationLists > 0 || saved.Count > 0;
        return new InstanceLists(complete ? all : trusted, missing) { Refresh = every, Fetched = state };
    }
}

/// <summary>What an instance's pods get of revocation lists, and what there is to say of it.</summary>
/// <param name="Missing">Subjects of authorities without any.</param>
internal sealed record InstanceLists(AuthorityFiles Used, IReadOnlyList<string> Missing)
{
    private const string Field = "spec.trust.caBundles";

    /// <summary><c>trust.crlRefresh</c>; null: lists are somebody else's business.</summary>
    public string? Refresh { get; init; }

    public RevocationState Fetched { get; init; } = RevocationState.Empty;

    public string Words => $"{Used.Authorities} authorities, {Lists}{(Refresh is null ? "" : $", fetched every {Refresh}")}{Faults(Fetched.Faults)}";

    private string Lists => Used.RevocationLists == 0 ? "no revocation list, so nobody is checked for revocation" : $"{Used.RevocationLists} revocation lists";

    /// <summary>The first rule that fits; null: none.</summary>
    /// <param name="leftOut">Files of lists for which there is no room.</param>
    public Outcome.Blocked? Trouble(DateTimeOffset now, IReadOnlyList<string> leftOut)
    {
        if (leftOut is [var large, ..])
        {
            return new("RevocationListTooLarge", $"spec.trust.crlRefresh: the revocation list {large} of {Authority(large)} does not fit into a ConfigMap, and certificates of that authority are refused: leave it out of {Field}, or remove crlRefresh");
        }
        if (Used.Lists.Where(l => l.NextUpdate < now).MinBy(l => l.NextUpdate) is { } old)
        {
            return new("RevocationListExpired", $"{Field}: the revocation list of {Authority(old.Hash)} ran out at {old.NextUpdate:u}, and certificates of that authority are refused: {(Refresh is null ? "put in a newer one" : $"there was no newer one to fetch{Faults(Fetched.Faults)}")}", TimeSpan.FromMinutes(10));
        }
        if (Missing is not [var first, ..] || Refresh is null && Used.RevocationLists == 0)
        {
            return null;
        }
        if (Used.RevocationLists > 0)
        {
            return new("RevocationListMissing", $"{Field}: where there is one revocation list, each authority needs one, or its certificates are refused; {Missing.Count} have none, the first is {first}{Faults(Fetched.Faults)}");
        }
        return Fetched.Looked || Fetched.Lists.Count > 0
            ? new("RevocationListMissing", $"spec.trust.crlRefresh: nobody is checked for revocation until there is a list of each authority, since certificates of the others would be refused; {Missing.Count} have none, the first is {first}: name its address in a *.crl_url file of the bundles, or put in its list{Faults(Fetched.Faults)}")
            : new("RevocationListMissing", $"spec.trust.crlRefresh: {Missing.Count} authorities have no revocation list yet, so nobody is checked for revocation; the first is {first}");
    }

    private string Authority(string file) => Used.Certificates.FirstOrDefault(a => file.StartsWith(SubjectHash.Of(a.SubjectName.RawData), StringComparison.Ordinal))?.Subject ?? file;

    private static string Faults(IReadOnlyDictionary<string, string> faults) =>
        faults.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"; {faults.Count} addresses give none, the first is {f.Key}: {f.Value}").FirstOrDefault() ?? "";
}
