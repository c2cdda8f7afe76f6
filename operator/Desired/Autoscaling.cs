using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>The number of the public API's pods follows their CPU use.</summary>
public static class Autoscaling
{
    public static IEnumerable<V2HorizontalPodAutoscaler> Of(InstanceInputs i)
    {
        if (i.Instance.Spec.Api?.Autoscaling is not { } autoscaling)
        {
            yield break;
        }
        yield return new V2HorizontalPodAutoscaler
        {
            ApiVersion = "autoscaling/v2",
            Kind = "HorizontalPodAutoscaler",
            Metadata = new V1ObjectMeta { Name = i.Names.Api, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "api") },
            Spec = new V2HorizontalPodAutoscalerSpec
            {
                ScaleTargetRef = new V2CrossVersionObjectReference { ApiVersion = "apps/v1", Kind = "Deployment", Name = i.Names.Api },
                MinReplicas = autoscaling.MinReplicas,
                MaxReplicas = autoscaling.MaxReplicas,
                Metrics =
                [
                    new V2MetricSpec
                    {
                        Type = "Resource",
                        Resource = new V2ResourceMetricSource { Name = "cpu", Target = new V2MetricTarget { Type = "Utilization", AverageUtilization = autoscaling.TargetCpuPercent } },
                    },
                ],
            },
        };
    }
}
