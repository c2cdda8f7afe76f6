using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>What is there of the three kinds, and what of it is not Ready.</summary>
internal static class ResourcesCheck
{
    private const int Page = 500, Told = 5;

    public static async Task RunAsync(KubeApi api, OperatorSeen seen, Notes notes, CancellationToken ct)
    {
        List<IRucioResource> all = [];
        foreach (var ns in seen.Options.Namespaces.DefaultIfEmpty(""))
        {
            await AddAsync<RucioInstance>(ns);
            await AddAsync<VirtualOrganisation>(ns);
            await AddAsync<StorageElement>(ns);
        }
        var unready = all.Where(r => !IsReady(r)).ToList();
        var counts = string.Join(", ", all.GroupBy(r => r.Kind).Select(k => $"{k.Count(IsReady)} of {k.Count()} {k.Key} Ready"));
        if (unready.Count == 0)
        {
            notes.Ok(all.Count == 0 ? "there is no RucioInstance, VirtualOrganisation or StorageElement yet" : counts);
        }
        else
        {
            notes.Warning("NotReady", $"{counts}; not Ready: {string.Join(", ", unready.Take(Told).Select(r => $"{SetChecks.About(r)} ({Reason(r)})"))}{(unready.Count > Told ? ", …" : "")}", "rucio-operator status says what each waits for");
        }

        async Task AddAsync<T>(string ns) where T : class, IRucioResource
        {
            for (string? more = null; ;)
            {
                var page = await api.ListPageAsync<T>(new Selection(ns), Page, more, ct);
                all.AddRange(page.Items);
                if ((more = page.Continue) is not { Length: > 0 })
                {
                    return;
                }
            }
        }
    }

    private static bool IsReady(IRucioResource resource) => resource.Suspended || resource.CommonStatus?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    private static string Reason(IRucioResource resource) => resource.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == "Ready")?.Reason ?? "no status yet";
}
