using System.Security.Cryptography.X509Certificates;
using System.Text;
using RucioOperator.Api;
using RucioOperator.Controllers;
using RucioOperator.Controllers.Stages;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning.Checks;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>Hosts that people call: their names lead somewhere, their certificates are good.</summary>
internal static class ServerCheck
{
    private const string RenewServer = "put a new certificate into the Secret; servers take it up without a restart";

    public static async Task RunAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        foreach (var server in Exposure.Servers(instance.Spec))
        {
            await CertificateAsync(instance, server, tools, notes.Of("tls"), ct);
            if (server.Spec is { Host: { Length: > 0 } host, Exposure: not null })
            {
                await NameAsync(server, host, tools, notes, ct);
            }
        }
    }

    private static async Task NameAsync(PublicServer server, string host, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        if (await tools.AddressesAsync(host, ct) is [var first, ..])
        {
            notes.Ok($"{server.Field}.host: {host} leads to {first}");
        }
        else
        {
            notes.Warning("HostNotInDns", $"{server.Field}.host: {host} leads nowhere, as seen from here");
        }
    }

    private static async Task CertificateAsync(RucioInstance instance, PublicServer server, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        if (server.Spec.Tls is not { } tls)
        {
            return;
        }
        var key = new ObjectKey(instance.Metadata.NamespaceProperty, Exposure.TlsSecret(InstanceNames.Of(instance), server.Component, tls));
        try
        {
            switch (await TlsSecrets.ProblemAsync(instance, server.Component, tools.Secrets, tools.Now, ct))
            {
                case { Reason: "CertificatePending" } pending:
                    notes.NotChecked(pending.Reason, pending.Message);
                    return;
                case { Reason: "CertificateExpired" } expired:
                    notes.Error(expired.Reason, expired.Message, RenewServer);
                    return;
                case { } problem:
                    notes.Error(problem.Reason, problem.Message, problem.Reason == EndpointResult.CertificateForOtherHost ? "put a certificate for this host into the Secret, or correct the host" : null);
                    return;
            }
            using var certificate = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString((await tools.Secrets.ReadAsync(key, ct))!["tls.crt"]));
            var (end, what) = (certificate.NotAfter.ToUniversalTime(), $"{server.Field}.tls: Secret {key} has the certificate of {server.Spec.Host}");
            if (tls.IssuerRef is null && end < tools.Now + EndpointsVerdict.Notice)
            {
                notes.Warning(TransferVerdict.CertificateExpiring, $"{what}, only until {end:u}", RenewServer);
            }
            else
            {
                notes.Ok($"{what} until {end:u}");
            }
        }
        catch (NotAtHandException unknown)
        {
            notes.NotChecked(unknown.Reason, $"{server.Field}.tls: {unknown.Message}");
        }
    }
}
