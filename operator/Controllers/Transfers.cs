using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Apply.Transfers;
using RucioOperator.Grid;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

/// <summary>What one holder's resource asks for.</summary>
/// <param name="Secret">With the credential.</param>
/// <param name="Before">Of its status.</param>
/// <param name="Now">Somebody asks: look, and try what failed.</param>
internal sealed record TransferAsk(Holder Holder, ObjectKey Owner, ObjectKey Secret, RucioInstance Instance, VomsWish? Voms, IReadOnlyList<Uri> Servers, TransfersStatus? Before, bool Now);

/// <summary>From a resource's transfers to the keeper of proxies, and back into conditions; a VO's and an instance's alike.</summary>
public sealed class Transfers(ProxyKeeper keeper, TransferCredentials credentials, TrustTexts trust, Func<Holder, ObjectKey, string?> saved, EventWriter events, TimeProvider time)
{
    public const string Field = "spec.transfers.credentialSecretRef";

    /// <summary>No event tells that a clock or an authority has been put right.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(5);

    public ProxyKeeper Keeper => keeper;

    internal async Task<TransferVerdict> AskAsync(TransferAsk ask, CancellationToken ct)
    {
        var authorities = await trust.BundleAsync(ask.Instance, ct);
        var reading = await credentials.ReadAsync(ask.Secret, Field, authorities, ct);
        var proxy = ask.Instance.Spec.Transfers?.Proxy ?? new ProxySpec();
        if (reading is { Credential: { } credential, Reason: null or TransferCredential.CredentialExpired })
        {
            var wish = new TransferWish(ask.Holder, ask.Owner, credential, reading.Digest, ask.Voms, ask.Servers, authorities, proxy.Lives, proxy.RenewedBefore) { Former = Former(ask.Before, ask.Instance) };
            keeper.Follow(wish, () => saved(ask.Holder, ask.Owner), ask.Now);
        }
        else
        {
            // No key that its owner has taken away or broken is worked with any further; what was made with it lives on.
            keeper.Rest(ask.Holder, ask.Owner);
        }
        return new(reading, ask.Servers, ask.Voms, keeper.Find(ask.Holder, ask.Owner) ?? TransferState.Nothing, ask.Before, time.GetUtcNow());
    }

    /// <summary>Takes back what was delegated.</summary>
    /// <param name="secret">With the credential that delegated, if it is still there.</param>
    /// <param name="now">Somebody asks: try what failed.</param>
    /// <returns>What is left; empty: nothing.</returns>
    public async Task<IReadOnlyList<LeavingDelegation>> ReleaseAsync(Holder holder, ObjectKey owner, RucioInstance instance, TransfersStatus? before, ObjectKey? secret, bool now, CancellationToken ct)
    {
        var former = Former(before, instance);
        List<ClientCredential> known = [];
        var authorities = "";
        if (former.Count > 0)
        {
            authorities = await trust.BundleAsync(instance, ct);
            if (ProxyKeeper.Read(saved(holder, owner)) is { } proxy)
            {
                known.Add(proxy);
            }
            if (secret is { } key && (await credentials.ReadAsync(key, Field, authorities, ct)).Credential is { } credential)
            {
                known.Add(credential);
            }
        }
        return keeper.Release(holder, owner, former, known, authorities, now);
    }

    /// <returns>When what is only warned of becomes a failure; null: nothing is.</returns>
    internal async Task<TimeSpan?> TellAsync(IRucioResource resource, Report report, TransferVerdict verdict, CancellationToken ct)
    {
        if (verdict.Attributes is null)
        {
            report.Remove(TransferConditions.VomsReady);
        }
        foreach (var condition in verdict.Conditions)
        {
            if (condition.Status == true)
            {
                report.True(condition.Type, condition.Reason, condition.Message);
            }
            else
            {
                report.Unmet(condition.Type, new Outcome.Blocked(condition.Reason, condition.Message, verdict.Reading.Reason is null ? null : Retry));
            }
            if (condition.IsNews && !Told(resource, condition))
            {
                await events.WarningAsync(resource, condition.Reason, "Renew", $"{condition.Type}: {condition.Message}", ct);
            }
        }
        return verdict.LookAgainIn;
    }

    /// <summary>A status is only what somebody wrote there: nobody but a server on the platform engineer's list is called for it.</summary>
    internal static IReadOnlyList<FormerDelegation> Former(TransfersStatus? status, RucioInstance instance)
    {
        var offered = Servers(instance.Spec.Transfers?.FtsServers);
        return
        [
            .. from d in status?.Delegations ?? []
               where Uri.TryCreate(d.Server, UriKind.Absolute, out var server) && offered.Contains(server)
               select new FormerDelegation(new Uri(d.Server), d.Id, d.Dn, d.Fqans ?? [], d.NotAfter is { } until ? new DateTimeOffset(DateTime.SpecifyKind(until, DateTimeKind.Utc)) : null),
        ];
    }

    /// <param name="own">The platform engineer's own: no tenant names this host.</param>
    internal static VomsWish? Voms(VomsSpec? spec, RucioInstance instance, bool own)
    {
        if (spec is null)
        {
            return null;
        }
        var server = spec.Vomses is { } line ? VomsServerAddress.Parse(line, out _) : spec is { Vo: { } vo, Host: { } host, Port: { } port } ? new(vo, host, port, spec.ServerDn) : null;
        return server is null ? null : new(server, spec.Fqans is { Count: > 0 } asked ? asked : [$"/{server.Vo}"], own ? [server.Host] : instance.Spec.Tenancy?.AllowedHosts);
    }

    internal static IReadOnlyList<Uri> Servers(IReadOnlyList<string>? servers) => [.. (servers ?? []).Select(s => new Uri(s)).Distinct()];

    /// <summary>One event for each change of reason, not for each change of words.</summary>
    private static bool Told(IRucioResource resource, TransferCondition condition) =>
        resource.CommonStatus?.Conditions?.Any(c => c.Type == condition.Type && c.Reason == condition.Reason && c.Status == (condition.Status == true ? "True" : "False")) == true;
}
