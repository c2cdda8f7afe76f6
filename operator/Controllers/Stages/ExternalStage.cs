using System.Security.Cryptography;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The only stage of a Rucio that somebody else runs: it answers, and the account logs in.</summary>
internal static class ExternalStage
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var access = await ExternalAccesses.ReadAsync(work.Instance, work.Parts.References, ct);
        ExternalConnection connection;
        try
        {
            connection = work.External = await work.Parts.Connections.UseAsync(work.Key, access, work.Parts.Time, work.Parts.DriftInterval);
        }
        catch (CryptographicException)
        {
            return new Outcome.Blocked("ExternalTlsFailed", "spec.external.caSecretRef: ca.crt holds no certificate in PEM form");
        }
        IReadOnlyList<string> tags = [.. (work.Instance.Spec.Tenancy?.Vos ?? []).Select(g => g.Tag)];
        connection.HolderOf = tag => Holder(work, tag);
        if (!connection.IsFresh(tags) || StatusPass.Token(work.Instance) != work.Instance.Status?.LastHandledReconcileAt)
        {
            if (await LookAsync(connection, access, tags, ct) is { } unmet)
            {
                connection.Serving = false;
                return unmet;
            }
            work.Parts.Connections.RaiseObserved(work.Key);
        }
        work.Report.True(InstanceConditions.ApiReady, "Serving", Message(connection, tags));
        return null;
    }

    /// <summary>Null: it answers, and the account logs in.</summary>
    internal static async Task<Outcome.Blocked?> LookAsync(ExternalConnection connection, ExternalAccess access, IReadOnlyList<string> tags, CancellationToken ct)
    {
        try
        {
            await connection.RefreshAsync(tags, ct);
            return null;
        }
        catch (RucioUnavailableException error) when (error.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
        {
            return new Outcome.Blocked("ExternalTlsFailed", $"spec.external.caSecretRef: {(access.CaPem is null ? "no authority of this system" : "none of its certificates")} vouches for the server at {access.Api}", Retry);
        }
        catch (RucioUnavailableException error)
        {
            return new Outcome.Blocked(error.Reason, $"spec.external.apiUrl: {access.Api}: {error.Message}", Retry);
        }
        catch (RucioRejectedException error) when (error.Status == 401)
        {
            return new Outcome.Blocked("ExternalCredentialsRejected", $"spec.external.credentialsSecretRef: {access.Auth} refused {error.Message}", Retry);
        }
    }

    internal static string Message(ExternalConnection connection, IReadOnlyList<string> tags)
    {
        var (access, version) = (connection.Access, connection.Version ?? "");
        var known = ReleaseCatalogue.Find(version).Found ? "" : ", a line this operator was not tested with";
        var claims = connection switch
        {
            { Reach: VoReach.Given } when tags.Count == 0 => "no VO is granted in spec.tenancy.vos",
            { ClaimsAreKept: true } => "claims are kept in its config table",
            _ => "claims are kept in this cluster alone, since the account may not use /config there",
        };
        return $"Rucio {version} answers at {access.Api}{known}; {access.Credential.Account} logs in; {claims}";
    }

    /// <summary>Where Rucio can't keep the claim: of the namespace that has the grant, whoever held it last, else who came first.</summary>
    private static string? Holder(InstanceWork work, string tag) =>
        work.Vos.Where(v => v.Spec.Tag == tag && Tenancy.Grants(work.Instance, v))
            .OrderBy(v => v.Status?.Tag == tag ? 0 : 1).ThenBy(v => v.Metadata.CreationTimestamp).ThenBy(v => v.Metadata.Name, StringComparer.Ordinal)
            .Select(v => ObjectKey.Of(v).ToString()).FirstOrDefault();
}
