using NUnit.Framework;
using RucioOperator.Tests.Docs;

namespace RucioOperator.Tests.Chart;

/// <summary>What the chart's README says of figures, alerts, dashboards and traces, as far as helm goes without a cluster.</summary>
public sealed class SwitchedOnTests
{
    [Test]
    public async Task Each_command_makes_what_the_README_says_that_it_does()
    {
        string[][] made = [["kind: PodMonitor", "kind: PrometheusRule"], ["fleet.json", "instance.json"], ["OTEL_EXPORTER_OTLP_ENDPOINT"]];
        var commands = ReadmeCommand.All.Where(command => KnownCommand.Of(command)?.Suite == typeof(SwitchedOnTests)).Select(command => command.Text).Distinct().ToList();
        Assert.That(commands, Has.Count.EqualTo(made.Length));
        var plain = await Helm.RenderAsync();
        foreach (var (command, kinds) in commands.Zip(made))
        {
            var words = command.Split(' ').Skip(2).Where(word => word != "--reuse-values").Select(word => word == "charts/rucio-operator" ? Helm.Chart : word);
            var (code, output, errors) = await Helm.RunAsync(null, ["template", .. words]);
            Assert.That(code, Is.Zero, $"{command}: {errors}");
            foreach (var kind in kinds)
            {
                Assert.That(output, Does.Contain(kind), command);
                Assert.That(plain, Does.Not.Contain(kind), command);
            }
        }
    }
}
