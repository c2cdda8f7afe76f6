using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Runtime;
using RucioOperator.Sandbox;
using RucioOperator.Status;

namespace RucioOperator.Tests.Docs;

/// <summary>That no reason is missing, the behaviour tests say: each world looks at every status it ever had (<see cref="StatusesSeen"/>).</summary>
public sealed class ReasonGuideTests
{
    [Test]
    public void Every_reason_of_the_guide_is_one_that_the_operator_gives()
    {
        var words = Directory.EnumerateFiles(Repository.Path("operator"), "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "ReasonGuide.cs" && !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/Commands/", StringComparison.Ordinal))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"[A-Z]\w+").Select(match => match.Value)).ToHashSet();

        words.UnionWith(Enum.GetNames<KubeErrorKind>().Select(kind => $"KubernetesApi{kind}"));
        // Made of a kind and its ending.
        Assert.That(ReasonGuide.All.SelectMany(entry => entry.Names).Where(name => !words.Contains(name)), Is.EquivalentTo(new[] { "ConfigMapKeyMissing" }));
    }

    [Test]
    public void What_several_entries_say_of_one_reason_follows_one_another()
    {
        Assert.That(ReasonGuide.For("TagTaken"), Does.StartWith("another VirtualOrganisation holds the tag"));
        Assert.That(ReasonGuide.For("RollingOut"), Does.Contain("; or "));
        Assert.That(ReasonGuide.For("NoSuchReason"), Is.Null);
    }
}
