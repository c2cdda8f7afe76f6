using NUnit.Framework;
using RucioOperator.Commands;

namespace RucioOperator.Tests.Commands;

public sealed class CommandParserTests
{
    private static readonly Command Sample = new("look", "[NAME]", "Looks.", [CommonOptions.Files, CommonOptions.Namespace, CommonOptions.AllNamespaces, CommonOptions.Output], "", (_, _) => Task.FromResult(ExitCode.Done));

    [TestCase("--namespace sky -f a -f b sky", "--filename=a --filename=b --namespace=sky sky")]
    [TestCase("-nsky -fa -fb sky", "--filename=a --filename=b --namespace=sky sky")]
    [TestCase("--namespace=sky --filename=a -f=b sky", "--filename=a --filename=b --namespace=sky sky")]
    [TestCase("-A -o json -f -", "--all-namespaces=true --filename=- --output=json")]
    [TestCase("--all-namespaces=false -- -odd", "-odd")]
    public void Options_are_written_in_any_of_the_usual_ways(string words, string meaning) => Assert.That(Parse(words).Meaning, Is.EqualTo(meaning));

    [TestCase("--naemspace sky", "--naemspace: unknown option; known are --filename, --namespace, --all-namespaces, --output, --help")]
    [TestCase("-n", "-n: a value is missing")]
    [TestCase("--namespace --output json", "--namespace: a value is missing")]
    [TestCase("--namespace=", "--namespace: a value is missing")]
    [TestCase("-n a -n b", "-n: given more than once")]
    [TestCase("-o yaml", "-o: expected table or json, not 'yaml'")]
    [TestCase("-A=maybe", "-A: is a flag and takes no value")]
    public void An_error_names_the_option(string words, string error) => Assert.That(Parse(words).Errors.Single(), Is.EqualTo(error));

    [Test]
    public void Help_names_every_option() =>
        Assert.That(Sample.Help("kubectl rucio"), Is.EqualTo("""
            Looks.

            Usage: kubectl rucio look [NAME] [options]

              -f, --filename PATH            manifests: a file, a folder (its .yaml, .yml and .json), or - for stdin; may be repeated
              -n, --namespace NAME           the namespace of what names none; default: the context's
              -A, --all-namespaces           look at all namespaces
              -o, --output table|json        for people (default), or for machines

            """));

    private static (string Meaning, IReadOnlyList<string> Errors) Parse(string words)
    {
        var (values, arguments, errors) = CommandParser.Parse(Sample, words.Split(' '));
        return (string.Join(' ', [.. values.OrderBy(v => v.Key.Name, StringComparer.Ordinal).SelectMany(v => v.Value.Select(text => $"--{v.Key.Name}={text}")), .. arguments]), errors);
    }
}
