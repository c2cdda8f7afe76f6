using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>
/// What the operator adds to the httpd of Rucio's server image (rucio/containers, server/rucio.conf.j2): one file that is
/// read after the image's own, and a script that starts it where it ends TLS.
/// </summary>
public static class Httpd
{
    public const string ConfigFile = "zz-operator.conf";
    public const string VerifiedFile = "zz-operator-x509.conf";
    public const string ServeFile = "serve.sh";
    public const string AuthoritiesPath = "/opt/rucio/client-ca";

    private const string TlsPath = "/opt/rucio/tls";
    private const string ServePath = "/opt/rucio/serve";

    /// <summary>Logins with X.509 are refused altogether.</summary>
    public static string Closed { get; } = EmbeddedFile.Read("Desired/Httpd/closed.conf");

    /// <summary>Logins with X.509 need a certificate, or a proxy of one, that a trusted authority signed.</summary>
    public static string Verified { get; } = EmbeddedFile.Read("Desired/Httpd/verified.conf");

    public static string Serve { get; } = EmbeddedFile.Read("Desired/Httpd/serve.sh");

    public static Dictionary<string, string> Files => new() { [ConfigFile] = Closed, [VerifiedFile] = Verified, [ServeFile] = Serve };

    /// <summary>TLS 1.2 and 1.3; the image's default leaves 1.3 out.</summary>
    public static IReadOnlyList<(string Name, string Value)> TlsEnvironment { get; } =
    [
        ("RUCIO_ENABLE_SSL", "True"),
        ("RUCIO_SSL_PROTOCOL", "all -SSLv3 -TLSv1 -TLSv1.1"),
    ];

    /// <summary>
    /// Proxies need GridSite: OpenSSL refuses them by itself. Where revocation is checked GridSite wants a list of every
    /// authority, whatever mod_ssl is told (seen with 3.0.0), and one that has not run out.
    /// </summary>
    public static IReadOnlyList<(string Name, string Value)> X509Environment(bool revocation) =>
    [
        ("RUCIO_CA_PATH", AuthoritiesPath),
        ("RUCIO_CA_REVOCATION_CHECK", revocation ? "chain" : "none"),
        ("RUCIO_HTTPD_GRID_SITE_ENABLED", "True"),
    ];

    /// <summary>The image's own format writes the header with the auth token into the access log.</summary>
    public const string LogFormat = "%h\\t%t\\t%{X-Rucio-Forwarded-For}i\\t%T\\t%D\\t\\\"%r\\\"\\t%>s\\t%b";

    /// <summary>Read after the image's own rucio.conf, by its name.</summary>
    public static V1VolumeMount ConfigMount(bool x509) =>
        new() { Name = "httpd", MountPath = $"/etc/httpd/conf.d/{ConfigFile}", SubPath = x509 ? VerifiedFile : ConfigFile, ReadOnlyProperty = true };

    /// <summary>Whole directories: a mount of a single file never follows its Secret.</summary>
    public static IEnumerable<V1VolumeMount> ServeMounts(bool x509)
    {
        yield return new V1VolumeMount { Name = "httpd", MountPath = ServePath, ReadOnlyProperty = true };
        yield return new V1VolumeMount { Name = "tls", MountPath = TlsPath, ReadOnlyProperty = true };
        if (x509)
        {
            yield return new V1VolumeMount { Name = "client-ca", MountPath = AuthoritiesPath, ReadOnlyProperty = true };
        }
    }

    public static List<string> ServeCommand() => ["/bin/bash", $"{ServePath}/{ServeFile}"];
}
