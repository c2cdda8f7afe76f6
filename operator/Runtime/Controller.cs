using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>A reconciler with its queue, its sources of keys and its workers.</summary>
public sealed class Controller
{
    internal Controller() { }

    public string Name => throw new NotImplementedException();

    /// <summary>The key of each object of the kind; own status writes wake nothing.</summary>
    public Controller For<T>(Informer<T> informer) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    /// <summary>Keys to look at when an object of another kind changes, old and new version are both asked.</summary>
    /// <param name="when">Absent: every change but a mere resourceVersion.</param>
    public Controller Watches<T>(Informer<T> informer, Func<T, IEnumerable<ObjectKey>> keys, TimeSpan delay = default, int priority = QueuePriority.Related, Func<T?, T?, bool>? when = null)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    /// <summary>For wake-ups that come from elsewhere.</summary>
    public void Enqueue(ObjectKey key, TimeSpan delay = default, int priority = QueuePriority.Related) => throw new NotImplementedException();
}
