using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Certificates of exposed hosts, as servers and Ingresses will find them.</summary>
internal static class TlsSecrets
{
    /// <summary>Null: the server has its certificate, or needs none.</summary>
    public static async Task<Outcome?> ProblemAsync(InstanceWork work, string component, CancellationToken ct) =>
        await ProblemAsync(work.Instance, component, work.Parts.References, work.Now, ct);

    /// <summary>First rule that fits wins; null: the server has its certificate, or needs none.</summary>
    public static async Task<Outcome.Blocked?> ProblemAsync(RucioInstance instance, string component, IReferencedSecrets secrets, DateTimeOffset now, CancellationToken ct)
    {
        if (Exposure.Servers(instance.Spec).FirstOrDefault(s => s.Component == component) is not { Spec: { Tls: { } tls, Host: var host }, Field: var server })
        {
            return null;
        }
        var (issued, names) = (tls.SecretRef is null, InstanceNames.Of(instance));
        var (key, field) = (new ObjectKey(names.Namespace, Exposure.TlsSecret(names, component, tls)), $"{server}.tls.{(issued ? "issuerRef" : "secretRef")}");
        var secret = await secrets.ReadAsync(key, ct);
        if (secret is null)
        {
            return issued
                ? new Outcome.Blocked("CertificatePending", $"{field}: cert-manager has not issued Certificate {key} yet; its conditions say why")
                : new Outcome.Blocked("SecretNotFound", $"{field}: Secret {key} does not exist");
        }
        if (((string[])["tls.crt", "tls.key"]).FirstOrDefault(entry => !secret.TryGetValue(entry, out var value) || value.Length == 0) is { } missing)
        {
            return new Outcome.Blocked("SecretKeyMissing", $"{field}: Secret {key} has no key {missing}");
        }
        return Of(field, key, Encoding.UTF8.GetString(secret["tls.crt"]), Encoding.UTF8.GetString(secret["tls.key"]), host, now);
    }

    /// <summary>Of the servers that clients of Rucio call; null: nothing is known, or nothing needs to be.</summary>
    public static async Task<string?> AuthoritiesAsync(InstanceWork work, CancellationToken ct)
    {
        var servers = new List<(string Certificates, string Authority)>();
        foreach (var server in Exposure.Servers(work.Instance.Spec).Where(s => s is { Component: not "webui", Spec.Tls: not null }))
        {
            if (await work.Parts.References.ReadAsync(new ObjectKey(work.Names.Namespace, Exposure.TlsSecret(work.Names, server.Component, server.Spec.Tls!)), ct) is { } secret)
            {
                servers.Add((Text(secret, "tls.crt"), Text(secret, "ca.crt")));
            }
        }
        return ServerAuthorities.Of(servers, work.Trust.Bundle);

        static string Text(IReadOnlyDictionary<string, byte[]> secret, string entry) => secret.TryGetValue(entry, out var value) ? Encoding.UTF8.GetString(value) : "";
    }

    private static Outcome.Blocked? Of(string field, ObjectKey key, string pem, string privateKey, string? host, DateTimeOffset now)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException)
        {
            return new Outcome.Blocked("InvalidCertificate", $"{field}: tls.crt in Secret {key} is not a PEM certificate");
        }
        using (certificate)
        {
            return host is not null && !certificate.MatchesHostname(host) ? new Outcome.Blocked("CertificateForOtherHost", $"{field}: the certificate in Secret {key} is not for {host}")
                : certificate.NotAfter.ToUniversalTime() < now ? new Outcome.Blocked("CertificateExpired", $"{field}: the certificate in Secret {key} ran out at {certificate.NotAfter.ToUniversalTime():u}")
                : !IsPair(pem, privateKey) ? new Outcome.Blocked(TransferCredential.KeyMismatch, $"{field}: tls.key in Secret {key} is not the private key of tls.crt, or needs a passphrase")
                : null;
        }
    }

    private static bool IsPair(string pem, string privateKey)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPem(pem, privateKey);
            return true;
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // The latter of a key on the certificate's curve that is another's.
            return false;
        }
    }
}
