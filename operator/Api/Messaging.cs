namespace RucioOperator.Api;

/// <summary>STOMP brokers. Rucio checks no broker's certificate: keep them on a network you trust.</summary>
public sealed record MessagingSpec
{
    /// <summary>Where Rucio's events go.</summary>
    public BrokerSpec? Hermes { get; init; }

    /// <summary>Where FTS tells of finished transfers; without it the poller asks.</summary>
    public BrokerSpec? Receiver { get; init; }

    /// <summary>Where clients' traces pass from the trace server to kronos.</summary>
    public BrokerSpec? Traces { get; init; }
}

public sealed record BrokerSpec
{
    public IReadOnlyList<string> Hosts { get; set; } = [];
    public int Port { get; set; } = 61613;

    /// <summary>Rucio then logs in with a client certificate, else with a password.</summary>
    public bool Tls { get; set; }
    public string Destination { get; set; } = "";

    /// <summary>Receiver alone: it drops messages with any other <c>vo</c> (daemons/conveyor/receiver.py).</summary>
    public string? VoName { get; init; }

    /// <summary>With TLS the Secret holds <c>tls.crt</c> and <c>tls.key</c>, else <c>username</c> and <c>password</c>.</summary>
    public SecretRef CredentialsSecretRef { get; set; } = new();
}

public sealed record MailSpec
{
    public string Host { get; set; } = "";
    public int Port { get; set; } = 587;
    public string From { get; set; } = "";
    public bool StartTls { get; set; } = true;

    /// <summary>Holds <c>username</c> and <c>password</c>.</summary>
    public SecretRef? CredentialsSecretRef { get; init; }
}
