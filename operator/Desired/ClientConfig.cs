using System.Text;
using k8s.Models;
using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>All that the configuration of one VO's clients depends on.</summary>
/// <param name="Authorities">PEM of who vouches for the servers; null: those that every system knows.</param>
public sealed record ClientConfigInputs(VirtualOrganisation Vo, RucioInstance Instance, ClientLogin Login, string? Authorities)
{
    /// <summary>User name where it isn't the usual one.</summary>
    public Func<string, string> UsernameOf { get; init; } = account => account;

    /// <summary>Password of the service account, where one is asked for and has one.</summary>
    public string? ServicePassword { get; init; }

    public ClientConfigSpec Spec => Vo.Spec.ClientConfig!;
    public ClientEndpoints Endpoints { get; } = ClientEndpoints.Of(Instance);

    /// <summary>A Rucio for one experiment knows no tag.</summary>
    public string? Tag => Instance.Spec.MultiVo ? Vo.Spec.Tag : null;

    /// <summary>Null: none is needed.</summary>
    public string? AuthorityFile => Authorities is not null && Endpoints.AnyTls ? $"{Spec.MountPath}/{ClientConfig.AuthorityEntry}" : null;
}

/// <summary>
/// What a VO's users need: rucio.cfg as Rucio's own client reads it (lib/rucio/client/baseclient.py), the entry of Rucio's
/// JupyterLab extension, and the authority of the servers. Nothing in it is secret, but for the Secret of a service account.
/// </summary>
public static class ClientConfig
{
    public const string FileName = "rucio.cfg";
    public const string AuthorityEntry = "ca.crt";

    /// <summary>Label of both; what the caches select by.</summary>
    public const string Component = "client-config";

    public static string MapOf(VirtualOrganisation vo) => vo.Spec.ClientConfig?.ConfigMapName ?? $"{vo.Metadata.Name}-client";

    /// <summary>Null: there is no service account.</summary>
    public static string? SecretOf(VirtualOrganisation vo) => vo.Spec.ClientConfig?.ServiceAccount is { } account ? $"{vo.Metadata.Name}-{account.Name}-client" : null;

    public static V1ConfigMap ConfigMap(ClientConfigInputs i)
    {
        var files = new Dictionary<string, string>
        {
            [FileName] = RucioCfg(i),
            [JupyterEntry.FileName] = JupyterEntry.Text(i),
            [JupyterEntry.ServerFileName] = JupyterEntry.ServerText(i),
        };
        if (i.AuthorityFile is not null)
        {
            files[AuthorityEntry] = i.Authorities!;
        }
        return new V1ConfigMap { ApiVersion = "v1", Kind = "ConfigMap", Metadata = Meta(i, MapOf(i.Vo)), Data = files };
    }

    /// <summary>Null: there is no service account.</summary>
    public static V1Secret? ServiceSecret(ClientConfigInputs i)
    {
        if (i.Spec.ServiceAccount is not { } account || i.ServicePassword is not { } password)
        {
            return null;
        }
        var data = new Dictionary<string, byte[]> { [FileName] = Encoding.UTF8.GetBytes(ServiceCfg(i, account.Name, password)) };
        if (i.AuthorityFile is not null)
        {
            data[AuthorityEntry] = Encoding.UTF8.GetBytes(i.Authorities!);
        }
        return new V1Secret { ApiVersion = "v1", Kind = "Secret", Metadata = Meta(i, SecretOf(i.Vo)!), Type = "Opaque", Data = data };
    }

    private static string RucioCfg(ClientConfigInputs i)
    {
        var file = new IniText()
            .Comment($"Configuration of Rucio's client for VO {i.Vo.Spec.Tag}. Kept up to date by the operator: change a copy, not this file.")
            .Section("client");
        Servers(file, i);
        file.Option("auth_type", AuthType(i.Login.Type));
        switch (i.Login.Type)
        {
            case ClientAuthType.Userpass when i.Spec.Account is { } account:
                file.Option("account", account).Option("username", i.UsernameOf(account))
                    .Comment("The password of this user name: here in a copy, or as rucio --password.", "password = ");
                break;
            case ClientAuthType.Userpass:
                file.Comment("Who you are: here in a copy, or as rucio --account, --user and --password.", "account = ", $"username = {(i.Instance.Spec.External is null ? $"<account>@{i.Vo.Spec.Tag}" : $"(in Secret {i.Vo.Metadata.Name}-<account>-login)")}", "password = ");
                break;
            default:
                file.Option("account", i.Spec.Account);
                if (i.Spec.Account is null)
                {
                    file.Comment("Your account, where several are yours: here in a copy, in RUCIO_ACCOUNT, or as rucio --account.", "account = ");
                }
                break;
        }
        Credentials(file, i);
        return Traces(file, i).ToString();
    }

    private static string ServiceCfg(ClientConfigInputs i, string account, string password)
    {
        var file = new IniText()
            .Comment($"Configuration of Rucio's client for account {account} of VO {i.Vo.Spec.Tag}, with its password. Kept up to date by the operator.")
            .Section("client");
        Servers(file, i);
        file.Option("auth_type", AuthType(ClientAuthType.Userpass)).Option("account", account).Option("username", i.UsernameOf(account)).Option("password", password);
        return Traces(file, i).ToString();
    }

    private static void Servers(IniText file, ClientConfigInputs i) => file
        .Option("rucio_host", i.Endpoints.Api)
        .Option("auth_host", i.Endpoints.Auth)
        .Option("ca_cert", i.AuthorityFile)
        .Option("vo", i.Tag);

    /// <summary>Passwords and private keys are the user's; these are where each user has them.</summary>
    private static void Credentials(IniText file, ClientConfigInputs i)
    {
        switch (i.Login.Type)
        {
            case ClientAuthType.Oidc:
                // Polling: the browser comes back to the auth server, and nobody has to copy a code.
                file.Option("oidc_issuer", i.Login.Issuer).Option("oidc_audience", i.Instance.Spec.Oidc?.ExpectedAudience)
                    .Option("oidc_scope", i.Instance.Spec.Oidc?.ExpectedScope).Option("oidc_polling", "true");
                break;
            case ClientAuthType.X509:
                file.Option("client_cert", "~/.globus/usercert.pem").Option("client_key", "~/.globus/userkey.pem");
                break;
        }
    }

    private static IniText Traces(IniText file, ClientConfigInputs i) => i.Endpoints.Trace is { } trace ? file.Section("trace").Option("trace_host", trace) : file;

    internal static string AuthType(ClientAuthType type) => type switch
    {
        ClientAuthType.Oidc => "oidc",
        ClientAuthType.X509Proxy => "x509_proxy",
        ClientAuthType.X509 => "x509",
        _ => "userpass",
    };

    private static V1ObjectMeta Meta(ClientConfigInputs i, string name) => new()
    {
        Name = name,
        NamespaceProperty = i.Vo.Metadata.NamespaceProperty,
        Labels = Labels.Of(i.Instance.Metadata.Name, Component),
    };
}
