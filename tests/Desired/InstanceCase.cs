using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Releases;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes.Schema;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Desired;

/// <summary>An instance as the builders see it, from a few lines of spec.</summary>
internal static class InstanceCase
{
    /// <param name="spec">YAML laid over the smallest spec.</param>
    public static InstanceInputs Of(string spec = "{}")
    {
        var manifest = Crds.Manifest(RucioInstance.KubeKind, spec, "rucio");
        StructuralSchema.Default(manifest, Crds.Schema(RucioInstance.KubeKind));
        var instance = manifest.Deserialize(KubeJson.Info<RucioInstance>())!;
        var login = new DatabaseLogin("rucio", "p%d");
        return new InstanceInputs(instance, ReleaseCatalogue.Find(instance.Spec.Version).Release!,
            new DatabaseAccess(new("pg.example.org", 5432, "rucio", "rucio", DatabaseSslMode.Disable, null), login, login),
            new DatabaseLogin("rucio-operator-x", "secret"), new ServerCertificate("certificate", "key"), ["sky"])
        {
            CatalogueReady = true,
            Secrets = InstanceSecrets.Of(instance.Spec).DistinctBy(s => (s.Secret, s.Key)).ToDictionary(s => (s.Secret, s.Key), s => $"{s.Secret}/{s.Key}"),
        };
    }

    public static V1Deployment Deployment(InstanceInputs i, string name) => DesiredInstance.Objects(i).OfType<V1Deployment>().Single(d => d.Metadata.Name == name);

    /// <summary>The options a pod would find, merged in the order of its files.</summary>
    public static JsonObject Config(InstanceInputs i, string deployment)
    {
        var secrets = DesiredInstance.Objects(i).OfType<V1Secret>().ToDictionary(s => s.Metadata.Name);
        var files = Deployment(i, deployment).Spec.Template.Spec.Volumes.Single(v => v.Name == "config").Projected.Sources
            .SelectMany(s => secrets[s.Secret.Name].Data).OrderBy(f => f.Key, StringComparer.Ordinal);
        var merged = new JsonObject();
        foreach (var (_, content) in files)
        {
            foreach (var (section, options) in JsonNode.Parse(content)!.AsObject())
            {
                foreach (var (option, text) in options!.AsObject())
                    (merged[section] ??= new JsonObject())[option] = text!.DeepClone();
            }
        }
        return merged;
    }

    /// <summary>Names of the objects that a change of spec touches, as the applier would see it.</summary>
    public static IReadOnlyList<string> Touched(string before, string after)
    {
        var (a, b) = (Texts(Of(before)), Texts(Of(after)));
        return [.. a.Keys.Union(b.Keys).Where(k => a.GetValueOrDefault(k) != b.GetValueOrDefault(k)).Order(StringComparer.Ordinal)];

        static Dictionary<string, string> Texts(InstanceInputs i) =>
            DesiredInstance.Objects(i).ToDictionary(o => $"{o.Kind}/{o.Metadata.Name}", o => ResourceJson.ToNode(o, ResourceKind.Of(o.GetType())).ToJsonString());
    }
}
