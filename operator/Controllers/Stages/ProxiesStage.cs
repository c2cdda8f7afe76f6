using System.Security.Cryptography;
using RucioOperator.Api;
using RucioOperator.Apply.Transfers;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>
/// Gathers the proxies for the pods, and who deletes with which. Whose a tag is only the catalogue says: no tenant's proxy becomes another's. What is in the
/// Secrets stays until the keeper has something newer, so that neither a restart nor a credential that got worse takes anything away.
/// </summary>
internal static class ProxiesStage
{
    /// <summary>Of <see cref="TransferConditions.ProxyReady"/>: more than fits into the Secrets.</summary>
    public const string NoRoom = nameof(NoRoom);

    public static Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var present = Proxies.Parse(work.Parts.ConfigSecrets.Store.Get, work.Names);
        if (work.Snapshot is not { Vos.Count: > 0 } snapshot)
        {
            work.Inputs = work.Inputs with { Proxies = present };
            return Task.FromResult<Outcome?>(null);
        }
        var wanted = Vos(work, snapshot, present);
        var vos = Proxies.Fitting(present, wanted);
        if (wanted.Keys.Except(vos.Keys).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } left)
        {
            work.Report.False(TransferConditions.ProxyReady, NoRoom, $"There is no room for the proxies of VOs {string.Join(", ", left.Take(10))}{(left.Count > 10 ? $" and {left.Count - 10} more" : "")}: one may have {Proxies.MostOfOne / 1024} kB, and all of a Secret 1 MB");
        }
        work.Inputs = work.Inputs with
        {
            Proxies = new(Default(work, present), vos),
            Reapers = work.Instance.Spec.MultiVo ? ReaperShares.Of(snapshot.Vos.Values.Where(v => v.Exists).Select(v => (v.Tag, v.StorageCount > 0)), vos) : ReaperShares.Together,
        };
        return Task.FromResult<Outcome?>(null);
    }

    private static string? Default(InstanceWork work, InstanceProxies present) =>
        work.Instance.Spec.Transfers?.CredentialSecretRef is null ? null : Kept(work, "", work.Key) ?? present.Default;

    private static Dictionary<string, VoProxy> Vos(InstanceWork work, Observed.CatalogueSnapshot snapshot, InstanceProxies present)
    {
        var holders = InputsStage.Holders(work).ToDictionary(v => v.Spec.Tag, StringComparer.Ordinal);
        var wanted = new Dictionary<string, VoProxy>(StringComparer.Ordinal);
        foreach (var (tag, claim) in snapshot.Vos.Values.Where(v => v.Claim is not null).Select(v => (v.Tag, v.Claim!)).OrderBy(v => v.Tag, StringComparer.Ordinal))
        {
            // A holder before, or one that the platform engineer took the tag from, brought it for itself.
            var before = present.Vos.GetValueOrDefault(tag) is { } was && was.Claim == claim ? was : null;
            var proxy = holders.GetValueOrDefault(tag) switch
            {
                // Transfers go on under Retain, as long as it lives; nobody renews it.
                null => before is not null && IsAlive(before, work.Now) ? before : null,
                { } vo when IsFrozen(work, vo) => before,
                { Spec.Transfers.CredentialSecretRef: null } or { Spec.Transfers: null } => null,
                { } vo => Proxies.Newest(present.Vos.GetValueOrDefault(tag), claim, Kept(work, tag, ObjectKey.Of(vo))) ?? before,
            };
            if (proxy is not null)
            {
                wanted[tag] = proxy;
            }
        }
        return wanted;
    }

    private static string? Kept(InstanceWork work, string tag, ObjectKey owner) => work.Parts.Transfers.Keeper.Find(new Holder(work.Key, tag), owner)?.Proxy?.ToPem();

    private static bool IsAlive(VoProxy proxy, DateTimeOffset now)
    {
        try
        {
            return ClientCredential.FromPem(proxy.Pem).NotAfter > now;
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Nothing of it is changed now; while it leaves, what it delegated is taken back with this.</summary>
    private static bool IsFrozen(InstanceWork work, VirtualOrganisation vo) =>
        vo.Suspended || vo.Metadata.DeletionTimestamp is not null || work.Parts.Tenancy.IsShut(vo)
        || StatusPass.Mode(vo, vo.Spec.ManagementPolicy, DriftPolicy.Heal, nothingToDo: true) != PassMode.Act;
}
