using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Desired;

/// <summary>An instance as the builders see it, from a few lines of spec.</summary>
internal static class InstanceCase
{
    /// <param name="spec">YAML laid over the smallest spec.</param>
    public static InstanceInputs Of(string spec = "{}")
    {
        var inputs = Inputs.Of(spec);
        var login = new DatabaseLogin("rucio", "p%d");
        return inputs with
        {
            Database = new(inputs.Database.Address, login, login),
            Secrets = inputs.Secrets.ToDictionary(s => s.Key, s => $"{s.Key.Name}/{s.Key.Key}"),
        };
    }

    public static V1Deployment Deployment(InstanceInputs i, string name) => DesiredInstance.Objects(i).OfType<V1Deployment>().Single(d => d.Metadata.Name == name);

    /// <summary>conf.d of a pod, in the order it is read.</summary>
    public static IReadOnlyList<(string Name, byte[] Content)> Files(InstanceInputs i, string deployment)
    {
        var secrets = DesiredInstance.Objects(i).OfType<V1Secret>().ToDictionary(s => s.Metadata.Name);
        return [.. Deployment(i, deployment).Spec.Template.Spec.Volumes.Single(v => v.Name == "config").Projected.Sources
            .SelectMany(s => secrets[s.Secret.Name].Data).OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => (f.Key, f.Value))];
    }

    /// <summary>The options a pod would find, merged.</summary>
    public static JsonObject Config(InstanceInputs i, string deployment)
    {
        var merged = new JsonObject();
        foreach (var (_, content) in Files(i, deployment))
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
