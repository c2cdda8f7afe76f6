using RucioOperator.Api;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>What a daemon is useless without, and the fields that provide it.</summary>
public static class DaemonNeeds
{
    /// <summary>The field that would have to be set; null: the daemon has what it needs.</summary>
    public static string? Unmet(RucioInstanceSpec spec, ReleaseDaemon daemon) => daemon.Needs switch
    {
        DaemonNeed.TransferTool when spec.Transfers?.FtsServers is not { Count: > 0 } => "spec.transfers.ftsServers",
        DaemonNeed.MessageService when MessageServices(spec).Count == 0 => "spec.messaging.hermes or spec.mail",
        DaemonNeed.FtsMessages when spec.Messaging?.Receiver is null => "spec.messaging.receiver",
        DaemonNeed.Traces when spec.Messaging?.Traces is null => "spec.messaging.traces",
        DaemonNeed.CacheMessages when spec.Config?.ContainsKey("messaging-cache") != true => "spec.config[messaging-cache]",
        DaemonNeed.Oidc when spec.Oidc is null => "spec.oidc",
        _ => null,
    };

    /// <summary>
    /// <c>[hermes] services_list</c>: for each of them every event becomes a row that hermes has to send. Empty writes none;
    /// unset would mean <c>activemq,email</c> (lib/rucio/core/message.py).
    /// </summary>
    public static IReadOnlyList<string> MessageServices(RucioInstanceSpec spec)
    {
        var hermes = spec.Config?.GetValueOrDefault("hermes");
        return
        [
            .. spec.Messaging?.Hermes is null ? (string[])[] : ["activemq"],
            .. spec.Mail is null ? (string[])[] : ["email"],
            .. hermes?.ContainsKey("elastic_endpoint") == true ? (string[])["elastic"] : [],
            .. hermes?.ContainsKey("influxdb_endpoint") == true ? (string[])["influx"] : [],
        ];
    }
}
