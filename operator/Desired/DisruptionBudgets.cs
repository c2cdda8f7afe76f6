using k8s;
using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>Of every Deployment that always has two pods or more, one may be away at a time; one that is broken anyway may always go.</summary>
public static class DisruptionBudgets
{
    public static IEnumerable<V1PodDisruptionBudget> For(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects)
    {
        var all = objects.ToList();
        var scaled = all.OfType<V2HorizontalPodAutoscaler>().ToDictionary(h => h.Spec.ScaleTargetRef.Name, h => h.Spec.MinReplicas ?? 1);
        return all.OfType<V1Deployment>().Where(d => (scaled.TryGetValue(d.Metadata.Name, out var least) ? least : d.Spec.Replicas ?? 1) >= 2).Select(d => new V1PodDisruptionBudget
        {
            ApiVersion = "policy/v1",
            Kind = "PodDisruptionBudget",
            Metadata = new V1ObjectMeta { Name = d.Metadata.Name, NamespaceProperty = d.Metadata.NamespaceProperty, Labels = d.Metadata.Labels },
            Spec = new V1PodDisruptionBudgetSpec { MaxUnavailable = 1, Selector = d.Spec.Selector, UnhealthyPodEvictionPolicy = "AlwaysAllow" },
        });
    }
}
