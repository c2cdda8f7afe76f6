using System.Text;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>Reads the Secrets that <c>spec.external</c> names.</summary>
public static class ExternalAccesses
{
    private const string Credentials = "spec.external.credentialsSecretRef";

    /// <exception cref="SecretProblem">A Secret is missing or incomplete.</exception>
    public static async Task<ExternalAccess> ReadAsync(RucioInstance instance, IReferencedSecrets secrets, CancellationToken ct)
    {
        var (ns, spec) = (instance.Metadata.NamespaceProperty, instance.Spec.External!);
        var login = new ObjectKey(ns, spec.CredentialsSecretRef.Name);
        var (username, password) = (await secrets.RequireAsync(login, "username", Credentials, ct), await secrets.RequireAsync(login, "password", Credentials, ct));
        var account = (await secrets.ReadAsync(login, ct))!.TryGetValue("account", out var named) ? Encoding.UTF8.GetString(named).Trim() : instance.Spec.RootAccount;
        var ca = spec.CaSecretRef is null ? null : await secrets.RequireAsync(new ObjectKey(ns, spec.CaSecretRef.Name), "ca.crt", "spec.external.caSecretRef", ct);
        var api = new Uri(spec.ApiUrl);
        return new ExternalAccess(api, spec.AuthUrl is { } auth ? new Uri(auth) : api, ca, new RucioCredential(username, password, account, BaseVo.Tag), instance.Spec.MultiVo);
    }
}
