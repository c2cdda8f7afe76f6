using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Docs;

/// <summary>The script of samples/argo-cd, run by Lua on the outcomes that kstatus is asked about, too.</summary>
public sealed class ArgoCdTests
{
    private static readonly string Script = Repository.Path("samples", "argo-cd", "health.lua");

    [Test]
    public async Task Every_outcome_has_the_health_that_fits()
    {
        var program = new StringBuilder("local health = assert(loadfile(arg[1], 't', _ENV))\n");
        foreach (var outcome in KStatusTests.Outcomes)
            program.Append($"obj = {Table(outcome.Node)}\nlocal hs = health()\nassert(type(hs.message) == 'string')\nprint(hs.status)\n".Replace("local hs", "hs", StringComparison.Ordinal));
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, program.ToString());
        try
        {
            var (code, output) = await Tool.RunAsync("lua5.4", [file, Script]);
            Assert.That(code, Is.Zero, output);
            Assert.That(KStatusTests.Outcomes.Select(o => o.Name).Zip(output.Split('\n')), Is.EqualTo(KStatusTests.Outcomes.Select(o => (o.Name, o.ArgoCd))));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void The_config_map_has_the_script_for_each_kind()
    {
        var data = Yaml.Parse(File.ReadAllText(Repository.Path("samples", "argo-cd", "argocd-cm.yaml"))).Single()["data"]!.AsObject();
        Assert.That(data.Select(entry => entry.Key), Is.EquivalentTo(Crds.Kinds.Keys.Select(kind => $"resource.customizations.health.rucio.cern.ch_{kind}")));
        Assert.That(data.Select(entry => entry.Value!.GetValue<string>()), Has.All.EqualTo(File.ReadAllText(Script)));
    }

    /// <summary>JSON as Lua writes it.</summary>
    private static string Table(JsonNode? node) => node switch
    {
        JsonObject map => $"{{{string.Join(", ", map.Select(entry => $"[{Text(entry.Key)}] = {Table(entry.Value)}"))}}}",
        JsonArray list => $"{{{string.Join(", ", list.Select(Table))}}}",
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String => Text(value.GetValue<string>()),
        null => "nil",
        _ => node.ToJsonString(),
    };

    private static string Text(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
