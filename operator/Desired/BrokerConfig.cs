using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>
/// Sections of rucio.cfg about brokers and mail. Rucio demands either a password or a client certificate: which one, its
/// <c>use_ssl</c> says (lib/rucio/daemons/hermes/hermes.py, conveyor/receiver.py, tracer/kronos.py).
/// </summary>
public static class BrokerConfig
{
    /// <summary>Where the client certificate is mounted, in the one pod that needs it.</summary>
    public const string CertificatePath = "/opt/rucio/broker";

    /// <summary>What hermes alone reads.</summary>
    public static void Hermes(ConfigDocument config, InstanceInputs i)
    {
        if (i.Instance.Spec.Messaging?.Hermes is { } broker)
        {
            Broker(config, "messaging-hermes", broker, i).Set("messaging-hermes", "nonssl_port", $"{broker.Port}").Set("messaging-hermes", "destination", broker.Destination);
        }
        if (i.Instance.Spec.Mail is { } mail)
        {
            config.Set("messaging-hermes", "email_from", mail.From).Set("messaging-hermes", "send_email", "True")
                .Set("messaging-hermes", "smtp_host", mail.Host).Set("messaging-hermes", "smtp_port", $"{mail.Port}")
                .Set("messaging-hermes", "smtp_usetls", mail.StartTls ? "True" : "False").Set("messaging-hermes", "smtp_usessl", "False");
            if (mail.CredentialsSecretRef is { } login)
            {
                config.Set("messaging-hermes", "smtp_username", i.Secret(login.Name, "username")).Set("messaging-hermes", "smtp_password", i.Secret(login.Name, "password"));
            }
        }
    }

    public static void Receiver(ConfigDocument config, InstanceInputs i)
    {
        if (i.Instance.Spec.Messaging?.Receiver is { } broker)
        {
            Broker(config, "messaging-fts3", broker, i).Set("messaging-fts3", "destination", broker.Destination).Set("messaging-fts3", "voname", broker.VoName!);
        }
    }

    public static void Kronos(ConfigDocument config, InstanceInputs i)
    {
        if (i.Instance.Spec.Messaging?.Traces is { } broker)
        {
            Broker(config, "tracer-kronos", broker, i).Set("tracer-kronos", "queue", broker.Destination).Set("tracer-kronos", "subscription_id", $"rucio-{i.Names.Namespace}-{i.Names.Instance}")
                .Set("tracer-kronos", "prefetch_size", "10").Set("tracer-kronos", "chunksize", "10").Set("tracer-kronos", "reconnect_attempts", "100").Set("tracer-kronos", "excluded_usrdns", "");
        }
    }

    /// <summary>The same broker from the other side: what the trace server needs, all of it (lib/rucio/core/trace.py fails at import otherwise).</summary>
    public static void TraceServer(ConfigDocument config, InstanceInputs i)
    {
        if (i.Instance.Spec.Messaging?.Traces is { } broker)
        {
            config.Set("trace", "brokers", string.Join(',', broker.Hosts)).Set("trace", "port", $"{broker.Port}").Set("trace", "topic", broker.Destination)
                .Set("trace", "username", i.Secret(broker.CredentialsSecretRef.Name, "username")).Set("trace", "password", i.Secret(broker.CredentialsSecretRef.Name, "password"));
        }
    }

    /// <summary>Of a daemon that logs in to its broker with a certificate; null: none, or a password.</summary>
    public static string? CertificateSecret(RucioInstanceSpec spec, string daemon) => (daemon switch
    {
        "hermes" => spec.Messaging?.Hermes,
        "conveyor-receiver" => spec.Messaging?.Receiver,
        _ => null,
    }) is { Tls: true } broker ? broker.CredentialsSecretRef.Name : null;

    private static ConfigDocument Broker(ConfigDocument config, string section, BrokerSpec broker, InstanceInputs i)
    {
        config.Set(section, "brokers", string.Join(',', broker.Hosts)).Set(section, "port", $"{broker.Port}").Set(section, "use_ssl", broker.Tls ? "True" : "False");
        return broker.Tls
            ? config.Set(section, "ssl_cert_file", $"{CertificatePath}/tls.crt").Set(section, "ssl_key_file", $"{CertificatePath}/tls.key")
            : config.Set(section, "username", i.Secret(broker.CredentialsSecretRef.Name, "username")).Set(section, "password", i.Secret(broker.CredentialsSecretRef.Name, "password"));
    }
}
