using k8s;
using k8s.Models;
Console.WriteLine(KubernetesJson.Serialize(new V1Deployment { Metadata = new V1ObjectMeta { Name = "x" } }));
