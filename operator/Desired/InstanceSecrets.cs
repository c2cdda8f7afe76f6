using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>Keys of Secrets that a spec names and whose content goes into what is rendered; the database's are not among them.</summary>
public static class InstanceSecrets
{
    /// <summary>Field → Secret and key, each once per field.</summary>
    public static IEnumerable<(string Field, string Secret, string Key)> Of(RucioInstanceSpec spec)
    {
        (string Field, BrokerSpec? Broker)[] brokers = [("hermes", spec.Messaging?.Hermes), ("receiver", spec.Messaging?.Receiver), ("traces", spec.Messaging?.Traces)];
        foreach (var (name, broker) in brokers.Where(b => b.Broker is not null))
        {
            foreach (var key in (string[])(broker!.Tls ? ["tls.crt", "tls.key"] : ["username", "password"]))
            {
                yield return ($"spec.messaging.{name}.credentialsSecretRef", broker.CredentialsSecretRef.Name, key);
            }
        }
        if (spec.Mail?.CredentialsSecretRef is { } mail)
        {
            yield return ("spec.mail.credentialsSecretRef", mail.Name, "username");
            yield return ("spec.mail.credentialsSecretRef", mail.Name, "password");
        }
        foreach (var (secret, n) in (spec.ConfigSecrets ?? []).Select((s, n) => (s, n)))
        {
            yield return ($"spec.configSecrets[{n}].secretKeyRef", secret.SecretKeyRef.Name, secret.SecretKeyRef.Key);
        }
    }
}
