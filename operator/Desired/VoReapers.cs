using System.Text.RegularExpressions;

namespace RucioOperator.Desired;

/// <summary>Who deletes for whom, where some VOs bring a credential of their own.</summary>
/// <param name="Own">Tags of VOs with a proxy and storages.</param>
/// <param name="Others">All other VOs that Rucio has: it ends where it is told of one that it has not.</param>
public sealed record ReaperShares(IReadOnlyList<string> Own, IReadOnlyList<string> Others)
{
    public static readonly ReaperShares Together = new([], []);

    /// <param name="vos">All that Rucio has: tag, and whether there are storages in it.</param>
    public static ReaperShares Of(IEnumerable<(string Tag, bool HasStorages)> vos, IReadOnlyDictionary<string, VoProxy> proxies)
    {
        var all = vos.OrderBy(v => v.Tag, StringComparer.Ordinal).ToList();
        var own = all.Where(v => v.HasStorages && proxies.ContainsKey(v.Tag)).Select(v => v.Tag).ToList();
        // Others' tags may begin with a dash, which no program takes for a value.
        return own.Count == 0 ? Together : new(own, [.. all.Select(v => v.Tag).Where(tag => !own.Contains(tag) && tag[0] != '-')]);
    }
}

/// <summary>
/// A reaper shows one proxy, whatever it deletes: X509_USER_PROXY is the process's. So a VO with its own gets a reaper of its own, and all others leave
/// its storages alone. Reapers don't share work by hash (lib/rucio/daemons/reaper/reaper.py looks at no number of workers but to repeat itself), so none of them waits
/// for another; the dark-reaper does, and stays one.
/// </summary>
public static partial class VoReapers
{
    public const string Daemon = "reaper";

    /// <summary>Of one thread, at rest for most of the day; the limit is the release's.</summary>
    private const string Memory = "256Mi";

    public static string NameOf(string tag) => $"{Daemon}-{tag}";

    /// <summary>No group of the spec may be called so.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    public static IReadOnlyList<DaemonWorkload> Split(IReadOnlyList<DaemonWorkload> workloads, ReaperShares shares)
    {
        if (shares.Own.Count == 0)
        {
            return workloads;
        }
        // Where only groups delete, these leave out who has a reaper of its own too.
        var replicas = workloads.Any(w => w.Daemon == Daemon && w.Replicas > 0) ? 1 : 0;
        return
        [
            .. workloads.Select(w => w.Daemon == Daemon ? w with { Vos = shares.Others } : w),
            .. workloads.Where(w => w.Name == Daemon).SelectMany(common => shares.Own.Select(tag => common with
            {
                Name = NameOf(tag),
                Vo = tag,
                Vos = [tag],
                Replicas = replicas,
                Release = common.Release with { Memory = Memory },
            })),
        ];
    }

    [GeneratedRegex(@"^reaper-[a-z][a-z0-9]{2}\z")]
    private static partial Regex Name();
}
