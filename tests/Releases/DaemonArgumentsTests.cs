using System.Diagnostics;
using NUnit.Framework;
using RucioOperator.Releases;

namespace RucioOperator.Tests.Releases;

public sealed class DaemonArgumentsTests
{
    private static ReleaseDaemon Submitter => ReleaseCatalogue.Find("41.0.0").Release!.Daemons["conveyor-submitter"];

    [Test]
    public void Defaults_come_first_and_choices_replace_them() =>
        Assert.That(
            DaemonArguments.Of(Submitter, new Dictionary<string, string> { ["--sleep-time"] = "45", ["--activities"] = "Production Input, Debug" }),
            Is.EqualTo(new[] { "--activities", "Production Input", "Debug", "--sleep-time", "45", "--total-threads", "1" }));

    [TestCase("--vos", "abc"), TestCase("--no-such", "1"), TestCase("--sleep-time", "-1"), TestCase("--sleep-time", "soon"), TestCase("--sleep-time", "$(id)"),
     TestCase("--include-rses", "--vos=abc"), TestCase("--include-rses", ""), TestCase("--include-rses", "a\nb"), TestCase("--rses", "A,--vos"), TestCase("--rses", ",")]
    public void What_the_daemon_would_not_take_is_refused_by_name(string option, string value) =>
        Assert.That(() => DaemonArguments.Of(Submitter, new Dictionary<string, string> { [option] = value }),
            Throws.ArgumentException.With.Message.StartsWith(option));

    [Test]
    public void A_flag_is_there_or_not()
    {
        var daemon = ReleaseCatalogue.Find("41.0.0").Release!.Daemons["abacus-rse"];
        Assert.That(DaemonArguments.Of(daemon, new Dictionary<string, string> { ["--enable-history"] = "true" }), Has.Member("--enable-history"));
        Assert.That(DaemonArguments.Of(daemon, new Dictionary<string, string> { ["--enable-history"] = "false" }), Has.No.Member("--enable-history"));
        Assert.That(() => DaemonArguments.Of(daemon, new Dictionary<string, string> { ["--enable-history"] = "yes" }), Throws.ArgumentException);
    }

    [Test]
    public async Task The_shell_of_the_image_sees_exactly_our_words()
    {
        string[] words = ["--rses", "A&B|C", "it's", "$(touch x)", "`id`", "a b", "\\", "*", "\"", ""];
        // As the image does it: eval "exec ... $RUCIO_DAEMON_ARGS".
        var start = new ProcessStartInfo("sh", ["-c", "eval \"printf '%s\\n' $RUCIO_DAEMON_ARGS\""]) { RedirectStandardOutput = true };
        start.Environment["RUCIO_DAEMON_ARGS"] = DaemonArguments.ForShell(words);
        using var shell = Process.Start(start)!;
        Assert.That(await shell.StandardOutput.ReadToEndAsync(), Is.EqualTo(string.Join('\n', words) + "\n"));
    }
}
