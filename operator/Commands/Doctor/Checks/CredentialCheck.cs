using RucioOperator.Api;
using RucioOperator.Apply.Transfers;
using RucioOperator.Controllers;
using RucioOperator.Controllers.VoStages;
using RucioOperator.Grid;
using RucioOperator.Planning.Checks;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>The certificate that moves data: pair, authority, end; then VOMS and FTS are asked with it as the operator will. Nothing is delegated.</summary>
internal static class CredentialCheck
{
    private static readonly TimeSpan ProxyLife = TimeSpan.FromHours(1);

    public static async Task OfInstanceAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        if (instance.Spec is { External: null, Transfers: { } transfers })
        {
            var secret = transfers.CredentialSecretRef is { } reference ? new ObjectKey(instance.Metadata.NamespaceProperty, reference.Name) : (ObjectKey?)null;
            await RunAsync(secret, instance, Transfers.Voms(transfers.Voms, instance, own: true), Transfers.Servers(transfers.FtsServers), tools, notes, ct);
        }
    }

    public static async Task OfVoAsync(VirtualOrganisation vo, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        if (TransfersStage.SecretOf(vo) is { } secret && await tools.InstanceAsync(Indexes.InstanceOf(vo), ct) is { Spec.External: null } instance)
        {
            var servers = TransfersStage.NotOffered(vo, instance) is null ? TransfersStage.ServersOf(vo, instance) : [];
            await RunAsync(secret, instance, Transfers.Voms(vo.Spec.Transfers!.Voms, instance, own: false), servers, tools, notes, ct);
        }
    }

    private static async Task RunAsync(ObjectKey? secret, RucioInstance instance, VomsWish? voms, IReadOnlyList<Uri> servers, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        if (secret is null)
        {
            if (servers.Count > 0)
            {
                notes.Warning(TransfersStage.NoCredential, $"{Transfers.Field}: nobody's certificate moves the data of VOs that bring none", "name a Secret with a robot certificate, or have every VO bring its own");
            }
            return;
        }
        var authorities = await tools.Trust.BundleAsync(instance, ct);
        var reading = await tools.Credentials.ReadAsync(secret.Value, Transfers.Field, authorities, ct);
        if (reading is not { Reason: null, Credential: { } credential })
        {
            notes.Error(reading.Reason!, reading.Message!);
            return;
        }
        Tell(credential, secret.Value, tools.Now, notes);
        var wish = new TransferWish(new(ObjectKey.Of(instance), ""), secret.Value, credential, reading.Digest, voms, servers, authorities, ProxyLife, ProxyLife / 2);
        if (await ProxyAsync(wish, tools, notes.Of("voms"), ct) is { } proxy)
        {
            foreach (var server in servers)
            {
                await AskAsync(server, proxy, authorities, tools, notes.Of("fts"), ct);
            }
        }
    }

    private static void Tell(ClientCredential credential, ObjectKey secret, DateTimeOffset now, Notes notes)
    {
        var what = $"{Transfers.Field}: Secret {secret} has the {(credential.IsProxy ? "proxy" : Kind(credential))} of {credential.Dn}, signed by {credential.Issuer}, until {credential.NotAfter:u}";
        if (credential.NotAfter - now < EndpointsVerdict.Notice)
        {
            notes.Warning(TransferVerdict.CertificateExpiring, what);
        }
        else
        {
            notes.Ok(what);
        }
    }

    /// <summary>Authorities write it into the name; some have their own ways.</summary>
    private static string Kind(ClientCredential credential) => credential.Dn.Contains("robot", StringComparison.OrdinalIgnoreCase) ? "robot certificate" : "certificate";

    /// <summary>Null: there are no attributes to be had.</summary>
    private static async Task<ClientCredential?> ProxyAsync(TransferWish wish, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        TransferFault? fault;
        try
        {
            if (wish.Voms is { } asked)
            {
                tools.RequireReach(asked.Server.Host);
            }
            (var proxy, fault) = await ProxyMaking.MakeAsync(tools.Grid, wish, ct);
            if (wish.Voms is { } voms && proxy is not null)
            {
                notes.Ok($"{voms.Server.Host} gives {string.Join(", ", proxy.Fqans)}");
            }
            if (fault is null)
            {
                return proxy;
            }
        }
        catch (GridRefusedException refused)
        {
            notes.Error(refused.Reason, $"{wish.Voms!.Server.Host}: {refused.Message}");
            return null;
        }
        notes.Error(fault.Reason, fault.Message);
        return null;
    }

    private static async Task AskAsync(Uri server, ClientCredential proxy, string authorities, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        var name = TransferVerdict.Text(server);
        try
        {
            tools.RequireReach(server.Host);
            using var fts = tools.Grid.Servers.Fts(server, proxy, authorities);
            var identity = await fts.WhoAmIAsync(ct);
            var until = await fts.EndsAsync(identity.DelegationId, ct);
            notes.Ok($"{name} knows us as {identity.Dn}{(identity.Fqans.Count > 0 ? $" with {string.Join(", ", identity.Fqans)}" : "")}{(until is { } end && end > tools.Now ? $", and holds a proxy until {end:u}" : "")}");
            if (identity.ClockOff is { } off && off.Duration() > DelegationFollower.ClockTolerance)
            {
                notes.Warning(TransferFault.ClockSkew, $"the clock of {name} is {off.Duration().TotalMinutes:0} minutes {(off > TimeSpan.Zero ? "ahead of" : "behind")} this machine's");
            }
        }
        catch (GridRefusedException refused)
        {
            notes.Error(refused.Reason, $"{name}: {refused.Message}");
        }
        catch (NotAtHandException unknown)
        {
            notes.NotChecked(unknown.Reason, unknown.Message);
        }
    }
}
