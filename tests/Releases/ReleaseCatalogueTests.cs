using NUnit.Framework;
using RucioOperator.Releases;

namespace RucioOperator.Tests.Releases;

public sealed class ReleaseCatalogueTests
{
    [TestCase("41.0.0", 41, true)]
    [TestCase("41.0.1", 41, false)]
    [TestCase("41.1.1.cms7", 41, false)]
    [TestCase("40.4.1", 40, true)]
    public void A_version_is_found_by_its_line(string version, int line, bool listed)
    {
        var found = ReleaseCatalogue.Find(version);
        Assert.That((found.Release?.Line, found.Listed, found.Error), Is.EqualTo(((int?)line, listed, (string?)null)));
    }

    [TestCase("12.0.0"), TestCase("41"), TestCase("latest"), TestCase(""), TestCase("41.0.0 "), TestCase("41.0.0\n"), TestCase("41.0.0;rm"), TestCase("999999.1.1")]
    public void Anything_else_is_an_error_that_names_the_known_lines(string version)
    {
        var found = ReleaseCatalogue.Find(version);
        Assert.That(found.Found, Is.False);
        Assert.That(found.Error, Does.EndWith("known lines: 41, 40, 38"));
    }

    [Test]
    public void Every_line_is_consistent()
    {
        foreach (var release in ReleaseCatalogue.Lines)
        {
            Assert.That(release.Versions, Is.All.StartsWith($"{release.Line}."));
            Assert.That(release.UpgradeFrom, Is.SubsetOf(ReleaseCatalogue.Lines.Select(line => line.Line)).And.All.LessThan(release.Line));
            Assert.That(release.Endpoints.Public.Except(release.Endpoints.Default), Is.Empty);
            Assert.That(release.Endpoints.AdminAdditions.Intersect(release.Endpoints.Default), Is.Empty, "Rucio refuses to start on a name in both");
            Assert.That(release.Endpoints.Public, Has.No.Member("config").And.No.Member("heartbeats").And.No.Member("identities").And.No.Member("import"));
            Assert.That(release.Profiles["Minimal"].Except(release.Daemons.Keys), Is.Empty);
            foreach (var (name, daemon) in release.Daemons)
            {
                Assert.That(() => DaemonArguments.Of(daemon), Throws.Nothing, name);
                Assert.That(daemon.Arguments.Keys, Has.No.Member("--vos").And.No.Member("--run-once"), name);
                Assert.That(int.Parse(daemon.Defaults["--sleep-time"]), Is.InRange(30, 60), name);
            }
        }
    }

    [Test]
    public void Images_carry_the_version_asked_for() =>
        Assert.That(ReleaseCatalogue.Find("41.0.1").Release!.Images.ServerOf("41.0.1"), Is.EqualTo("docker.io/rucio/rucio-server:release-41.0.1"));
}
