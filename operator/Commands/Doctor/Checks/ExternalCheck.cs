using System.Security.Cryptography;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Controllers.Stages;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>A Rucio that somebody else runs answers, and the account logs in.</summary>
internal static class ExternalCheck
{
    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(10);

    public static async Task RunAsync(RucioInstance instance, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        var access = await ExternalAccesses.ReadAsync(instance, tools.Secrets, ct);
        tools.RequireReach(access.Api.Host);
        tools.RequireReach(access.Auth.Host);
        try
        {
            await using var connection = new ExternalConnection(access, tools.Time, Unused);
            IReadOnlyList<string> tags = [.. (instance.Spec.Tenancy?.Vos ?? []).Select(g => g.Tag)];
            if (await ExternalStage.LookAsync(connection, access, tags, ct) is { } unmet)
            {
                notes.Error(unmet.Reason, unmet.Message);
            }
            else
            {
                notes.Ok(ExternalStage.Message(connection, tags));
            }
        }
        catch (CryptographicException)
        {
            notes.Error("ExternalTlsFailed", "spec.external.caSecretRef: ca.crt holds no certificate in PEM form");
        }
    }
}
