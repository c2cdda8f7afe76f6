using System.Net;
using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

internal static class MessagingRules
{
    public static IEnumerable<FieldError> Check(RucioInstanceSpec s) =>
    [
        .. Broker("spec.messaging.hermes", s.Messaging?.Hermes),
        .. Broker("spec.messaging.receiver", s.Messaging?.Receiver),
        .. Broker("spec.messaging.traces", s.Messaging?.Traces),
        .. When(s.Messaging?.Receiver is { VoName: null or "" }, new("spec.messaging.receiver.voName", ValidationReasons.MissingField, "is required: the receiver takes FTS messages of one VO name alone")),
        .. When(s.Messaging?.Hermes?.VoName is not null, Invalid("spec.messaging.hermes.voName", "is for the receiver alone")),
        .. When(s.Messaging?.Traces?.VoName is not null, Invalid("spec.messaging.traces.voName", "is for the receiver alone")),
        .. When(s.Messaging?.Traces is { Tls: true }, Invalid("spec.messaging.traces.tls", "Rucio's trace server speaks no TLS to its broker")),
        .. Mail(s.Mail),
    ];

    private static IEnumerable<FieldError> Broker(string path, BrokerSpec? broker) => broker is null ? [] :
    [
        .. When(broker.Hosts.Count == 0, Missing($"{path}.hosts")),
        .. broker.Hosts.Items($"{path}.hosts").Where(h => !IsHost(h.Item)).Select(h => Invalid(h.Path, "must be a host name, without scheme and port")),
        .. When(broker.Port is < 1 or > 65535, Invalid($"{path}.port", "must be 1 to 65535")),
        .. When(broker.Destination == "", Missing($"{path}.destination")),
        .. When(!broker.Destination.StartsWith('/') && broker.Destination != "", Invalid($"{path}.destination", "must be /topic/... or /queue/...")),
        .. Secret($"{path}.credentialsSecretRef", broker.CredentialsSecretRef),
    ];

    private static IEnumerable<FieldError> Mail(MailSpec? mail) => mail is null ? [] :
    [
        .. When(!IsHost(mail.Host), Invalid("spec.mail.host", "must be a host name, without scheme and port")),
        .. When(mail.Port is < 1 or > 65535, Invalid("spec.mail.port", "must be 1 to 65535")),
        .. When(!Forms.Email().IsMatch(mail.From), Invalid("spec.mail.from", "must be an address such as rucio@example.org")),
        .. When(mail is { CredentialsSecretRef: not null, StartTls: false }, Invalid("spec.mail.startTls", "must be true with credentialsSecretRef: the password would go in the clear")),
        .. Secret("spec.mail.credentialsSecretRef", mail.CredentialsSecretRef),
    ];

    private static bool IsHost(string host) => Forms.HostName().IsMatch(host) || IPAddress.TryParse(host, out _);
}
