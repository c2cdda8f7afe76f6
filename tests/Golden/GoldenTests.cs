using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Runtime;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Golden;

/// <summary>Everything that is made for an instance, as text beside this file: a change of it is seen in the diff, and meant. <c>make golden</c> writes it anew.</summary>
public sealed class GoldenTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = JsonSerializerOptions.Default.TypeInfoResolver };

    private static readonly IReadOnlyDictionary<string, string> Sources = Directory.GetFiles(Repository.Path("operator", "Desired"), "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file) is not ".cs").GroupBy(file => File.ReadAllText(file)).ToDictionary(same => same.Key, same => Path.GetRelativePath(Repository.Root, same.First()));

    private static bool Writes => Environment.GetEnvironmentVariable("GOLDEN") == "write";

    [TestCaseSource(typeof(RenderedCase), nameof(RenderedCase.All))]
    public void What_is_made_is_what_the_file_says(RenderedCase one)
    {
        var file = Repository.Path("tests", "Golden", $"{one.Name}.yaml");
        var made = Text(one.Objects());
        if (Writes)
            File.WriteAllText(file, made);
        Assert.That(File.Exists(file), $"{file} is missing: make golden");
        Assert.That(made, Is.EqualTo(File.ReadAllText(file)), "make golden, and read the diff");
    }

    [Test]
    public void Every_file_is_of_a_case_that_still_exists() =>
        Assert.That(Directory.GetFiles(Repository.Path("tests", "Golden"), "*.yaml").Select(Path.GetFileNameWithoutExtension), Is.SubsetOf(RenderedCase.All.Select(one => one.Name)));

    [Test]
    public void The_text_is_YAML_that_says_the_same()
    {
        foreach (var one in RenderedCase.All)
        {
            var objects = one.Objects().Select(Readable).ToList();
            var read = Yaml.Parse(Text(one.Objects()));
            Assert.That(read, Has.Count.EqualTo(objects.Count), one.Name);
            foreach (var (made, parsed) in objects.Zip(read))
                Assert.That(JsonNode.DeepEquals(JsonNode.Parse(made.ToJsonString()), JsonNode.Parse(parsed.ToJsonString())), $"{one.Name}:\n{made.ToJsonString()}\n{parsed.ToJsonString()}");
        }
    }

    [TestCaseSource(typeof(RenderedCase), nameof(RenderedCase.All))]
    public void Each_object_is_named_once_in_the_instances_namespace(RenderedCase one)
    {
        var keys = one.Objects().Select(o => $"{ResourceKind.Of(o).Kind} {ObjectKey.Of(o)}").ToList();
        Assert.That(keys, Is.Unique);
        Assert.That(keys.Where(k => !k.Contains($" {one.Instance.Metadata.NamespaceProperty}/{one.Instance.Metadata.Name}", StringComparison.Ordinal)), Is.Empty);
    }

    private static string Text(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects)
    {
        var text = new StringBuilder("# Written by make golden: what the operator makes, in this order.\n");
        foreach (var node in objects.Select(Readable))
            text.Append("---\n").Append(ReadableYaml.Of(node));
        return text.ToString();
    }

    /// <summary>Secrets decoded, files named where their text is in the project, hashes left out.</summary>
    private static JsonObject Readable(IKubernetesObject<V1ObjectMeta> obj)
    {
        var made = ResourceJson.ToNode(obj, ResourceKind.Of(obj));
        made.Remove("status");
        var node = new JsonObject { ["apiVersion"] = made["apiVersion"]!.DeepClone(), ["kind"] = made["kind"]!.DeepClone(), ["metadata"] = made["metadata"]!.DeepClone() };
        foreach (var (name, value) in made.Where(p => !node.ContainsKey(p.Key)))
            node[name] = value?.DeepClone();
        if (made.Text("kind") == "Secret" && node["data"] is JsonObject data)
        {
            node.Remove("data");
            node["stringData"] = new JsonObject(data.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)Content(Encoding.UTF8.GetString(Convert.FromBase64String(e.Value!.GetValue<string>()))))));
        }
        else if (made.Text("kind") == "ConfigMap" && node["data"] is JsonObject files)
        {
            node["data"] = new JsonObject(files.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)Content(e.Value!.GetValue<string>()))));
        }
        if (node.At("spec", "template", "metadata", "annotations") is JsonObject annotations && annotations.ContainsKey(RucioPod.ConfigHashAnnotation))
            annotations[RucioPod.ConfigHashAnnotation] = "(hash of what it mounts)";
        return node;
    }

    private static string Content(string text) => Sources.TryGetValue(text, out var file) ? $"({file})"
        : text.StartsWith('{') ? JsonNode.Parse(text)!.ToJsonString(Indented) + "\n" : text;
}
