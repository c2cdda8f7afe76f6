using NUnit.Framework;
using RucioOperator.Commands;

namespace RucioOperator.Tests.Commands;

public sealed class CommandLineTests
{
    [TestCase("")]
    [TestCase("--health-port=0")]
    public async Task Without_a_command_the_program_is_the_operator(string words) =>
        Assert.That((await CommandRun.OfAsync(Words(words))).Code, Is.Null);

    [Test]
    public async Task A_word_that_is_no_command_is_refused_with_those_that_are()
    {
        var run = await CommandRun.OfAsync(["staus"]);
        Assert.That(run.Code, Is.EqualTo((int)ExitCode.Failed));
        Assert.That(run.Error, Does.StartWith("rucio-operator: staus: unknown command; known are "));
    }

    [TestCase("")]
    [TestCase("--help")]
    public async Task As_a_plugin_of_kubectl_it_never_is_the_operator(string words)
    {
        var run = await CommandRun.OfAsync(Words(words), invokedAs: "/usr/local/bin/kubectl-rucio");
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Out, Does.StartWith("Usage: kubectl rucio COMMAND [options]"));
    }

    [Test]
    public async Task A_plugin_takes_no_option_before_its_command() =>
        Assert.That((await CommandRun.OfAsync(["-n", "sky"], invokedAs: "kubectl-rucio")).Error, Does.StartWith("kubectl rucio: -n: name a command first"));

    [Test]
    public void Every_command_is_one_word_with_options_that_are_told_apart()
    {
        foreach (var command in CommandLine.All)
        {
            Assert.That(command.Name, Does.Match("^[a-z]+$"));
            Assert.That(command.Options.Append(CommonOptions.Help).Select(o => o.Name), Is.Unique, command.Name);
            Assert.That(command.Options.Append(CommonOptions.Help).Select(o => o.Short).OfType<char>(), Is.Unique, command.Name);
        }
    }

    private static string[] Words(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
