using System.Text.Json.Nodes;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>
/// Alerts for the Prometheus Operator on what the operator itself measures of one instance: what runs out while somebody
/// could still act, and what goes wrong again and again.
/// </summary>
public static class PrometheusRules
{
    private sealed record Alert(string Name, string Expression, string For, string Severity, string Summary, string Description);

    public static IEnumerable<UntypedObject> Objects(InstanceInputs i)
    {
        if (i.Instance.Spec.Monitoring?.PrometheusRule != true || i.Kinds.Find(OptionalKinds.PrometheusRule) is not { } kind)
        {
            yield break;
        }
        yield return UntypedObject.Of(kind, PodMonitors.Meta(i, i.Names.PrometheusRule), new JsonObject
        {
            ["groups"] = new JsonArray(new JsonObject
            {
                ["name"] = $"rucio-operator.{i.Names.Namespace}.{i.Names.Instance}",
                ["rules"] = new JsonArray([.. Alerts(i).Select(alert => Rule(i, alert))]),
            }),
        });
    }

    /// <summary>Thresholds in seconds, as the figures are.</summary>
    private static IEnumerable<Alert> Alerts(InstanceInputs i)
    {
        const string who = "{{ with $labels.vo }}VO {{ . }}{{ else }}the default credential{{ end }}";
        yield return new("RucioTransferCertificateExpires", $"{Left(i, "rucio_operator_transfer_certificate")} < {14 * 86400}", "1h", "warning",
            "A robot certificate for transfers runs out",
            $"That of {who} has {{{{ $value | humanizeDuration }}}} left: get a new one and replace the Secret that spec.transfers.credentialSecretRef names.");
        yield return new("RucioTransferProxyExpires", $"{Left(i, "rucio_operator_transfer_proxy")} < {4 * 3600}", "5m", "critical",
            "A proxy for transfers is not renewed",
            $"That of {who} has {{{{ $value | humanizeDuration }}}} left; conditions ProxyReady and VomsReady say why.");
        yield return new("RucioDelegationExpires", $"{Left(i, "rucio_operator_transfer_delegation")} < {4 * 3600}", "5m", "critical",
            "A delegation to FTS is not renewed",
            $"That of {who} to {{{{ $labels.server }}}} has {{{{ $value | humanizeDuration }}}} left, and with less than an hour FTS takes no transfers; condition Delegated says why.");
        yield return new("RucioTransferRenewalFails", $"{Of(i, m => $"increase({m}[1h])", "rucio_operator_transfer_failures_total")} > 0", "30m", "warning",
            "Renewing proxies or delegations fails",
            "Step {{ $labels.step }} fails for {{ $labels.reason }}.");
        yield return new("RucioRevocationListExpires", $"{Left(i, "rucio_operator_revocation_list")} < {6 * 3600}", "10m", "warning",
            "A revocation list runs out and there is no newer one",
            "That of {{ $labels.authority }} has {{ $value | humanizeDuration }} left; after that nobody logs in with a certificate of this authority. Condition TrustLoaded of the RucioInstance says why.");
        // Counted for the operator as a whole.
        yield return new("RucioDrift", "sum by (kind, field) (increase(rucio_operator_drift_detected_total[1h])) > 0", "2h", "info",
            "Somebody else keeps changing what the operator manages",
            "Differences in {{ $labels.field }} of a {{ $labels.kind }} come back hour after hour; events of the resources name them.");
    }

    /// <summary>Of this instance, whether Prometheus keeps the operator's own label <c>namespace</c> (honorLabels) or puts that of the target in its place.</summary>
    private static string Of(InstanceInputs i, string metric) => Of(i, m => m, metric);

    /// <summary>Seconds until then; 0 for what is over, or was never there.</summary>
    private static string Left(InstanceInputs i, string what) => $"clamp_min({Of(i, $"{what}_expiration_timestamp_seconds")} - time(), 0)";

    private static string Of(InstanceInputs i, Func<string, string> figure, string metric)
    {
        var choices = ((string[])["namespace", "exported_namespace"]).Select(label => figure($"{metric}{{{label}=\"{i.Names.Namespace}\",rucioinstance=\"{i.Names.Instance}\"}}"));
        return $"({string.Join(" or ", choices)})";
    }

    private static JsonObject Rule(InstanceInputs i, Alert alert) => new()
    {
        ["alert"] = alert.Name,
        ["expr"] = alert.Expression,
        ["for"] = alert.For,
        ["labels"] = new JsonObject { ["severity"] = alert.Severity },
        ["annotations"] = new JsonObject
        {
            ["summary"] = $"RucioInstance {i.Names.Namespace}/{i.Names.Instance}: {alert.Summary}",
            ["description"] = alert.Description,
        },
    };
}
