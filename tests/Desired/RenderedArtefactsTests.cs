using System.Diagnostics;
using System.Text.Json;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Releases;

namespace RucioOperator.Tests.Desired;

/// <summary>What is rendered, put through Rucio's own programs: the merge tool and parser, and the argument parser of each daemon.</summary>
[TestFixture("RUCIO_SOURCE"), TestFixture("RUCIO_SOURCE_40"), TestFixture("RUCIO_SOURCE_38")]
public sealed class RenderedArtefactsTests(string variable)
{
    /// <summary>Of the images' default file, what would leak into a new site.</summary>
    private const string ImageDefaults = """
        [common]
        loglevel = DEBUG
        mailtemplatedir = /opt/rucio/etc/mail_templates
        [database]
        default = sqlite:////tmp/rucio.db
        [conveyor]
        scheme = srm,gsiftp,root,http,https
        transfertool = fts3
        [messaging-fts3]
        voname = atlas
        brokers = dashb-test-mb.cern.ch
        [messaging-hermes]
        email_from = Rucio <atlas-adc-ddm-support@cern.ch>
        [hermes]
        """;

    private const string Everything = """
        daemons:
          profile: Tape
          overrides: [{name: reaper, arguments: {threads: "4", include-rses: "(A&B)|c=1"}, config: {reaper: {nb_workers_by_hostname: "9"}}}]
          groups:
          - {name: analysis, daemon: conveyor-finisher, arguments: {activities: "User Analysis, Debug"}}
          - {name: rebalance, daemon: bb8, arguments: {dry-run: "true", comment: "it's 100% me"}}
        transfers: {ftsServers: ["https://fts.example.org:8446"], schemes: [davs, root], credentialSecretRef: {name: robot}}
        messaging:
          hermes: {hosts: [a.example.org, b.example.org], destination: /topic/rucio.events, credentialsSecretRef: {name: "m%q"}}
          receiver: {hosts: [mq], port: 61614, tls: true, destination: /topic/fts, voName: sky, credentialsSecretRef: {name: cert}}
          traces: {hosts: [mq], destination: /queue/traces, credentialsSecretRef: {name: mq}}
        mail: {host: smtp.example.org, from: rucio@example.org, credentialsSecretRef: {name: mail}}
        config: {common: {loglevel: WARNING}, necromancer: {cache_time: "60"}, rules: {default_activity: "100% ${x} %(y)s"}}
        """;

    private string source = "";
    private InstanceInputs inputs = null!;

    [SetUp]
    public void Find_the_line()
    {
        source = Python.RequireRucio(variable);
        var version = ReleaseCatalogue.Lines.First(release => File.ReadAllText(Path.Combine(source, "lib/rucio/vcsversion.py")).Contains($"'{release.Line}.", StringComparison.Ordinal)).Versions[^1];
        var proxies = new Dictionary<string, VoProxy> { ["sky"] = new("sky/sky", "(PEM)") };
        inputs = InstanceCase.Of($"{Everything}\nversion: {version}") with { Proxies = new("(PEM)", proxies), Reapers = ReaperShares.Of([("def", false), ("sea", true), ("sky", true)], proxies) };
    }

    [Test]
    public async Task Every_pods_configuration_reads_back_as_it_was_meant()
    {
        var deployments = DesiredInstance.Objects(inputs).OfType<V1Deployment>().Where(d => d.Spec.Template.Spec.Volumes.Any(v => v.Name == "config")).Select(d => d.Metadata.Name).ToList();
        Assert.That(deployments, Has.Count.GreaterThan(20));
        foreach (var name in deployments)
        {
            var answer = await MergedAsync(name);
            Assert.That(answer.GetProperty("warnings").GetArrayLength(), Is.Zero, $"{name}: {answer.GetProperty("warnings")}");
            foreach (var (section, options) in InstanceCase.Config(inputs, name))
            {
                foreach (var (option, text) in options!.AsObject())
                    Assert.That(answer.GetProperty("sections").GetProperty(section).GetProperty(option).GetString(), Is.EqualTo(text!.GetValue<string>().Replace("%%", "%", StringComparison.Ordinal)), $"{name} [{section}] {option}");
            }
        }
    }

    [Test]
    public async Task Nothing_of_the_images_defaults_is_left_where_it_matters()
    {
        var submitter = await MergedAsync("rucio-conveyor-submitter");
        Assert.That(Texts(submitter, "schemes"), Is.EqualTo(new[] { "davs", "root" }));
        Assert.That(Texts(await MergedAsync("rucio-judge-evaluator"), "schemes"), Is.Empty, "no scheme is left out where none is named");
        Assert.That(Texts(await MergedAsync("rucio-api"), "services"), Is.EqualTo(new[] { "activemq", "email" }));
        Assert.That(submitter.GetProperty("sections").GetProperty("database").GetProperty("default").GetString(), Does.StartWith("postgresql+psycopg://rucio:p%25d@"));
        Assert.That((await MergedAsync("rucio-conveyor-receiver")).GetProperty("sections").GetProperty("messaging-fts3").GetProperty("voname").GetString(), Is.EqualTo("sky"));
        Assert.That((await MergedAsync("rucio-hermes")).GetProperty("sections").GetProperty("messaging-hermes").GetProperty("email_from").GetString(), Is.EqualTo("rucio@example.org"));

        static IEnumerable<string?> Texts(JsonElement answer, string name) => answer.GetProperty(name).EnumerateArray().Select(item => item.GetString());
    }

    [Test]
    public async Task Every_daemons_command_line_is_taken_by_its_own_parser()
    {
        var lines = new Dictionary<string, List<string[]>>();
        foreach (var environment in DesiredInstance.Objects(inputs).OfType<V1Deployment>().Select(d => d.Spec.Template.Spec.Containers[0].Env.ToDictionary(e => e.Name, e => e.Value)).Where(e => e.ContainsKey("RUCIO_DAEMON")))
            (lines.TryGetValue(environment["RUCIO_DAEMON"], out var known) ? known : lines[environment["RUCIO_DAEMON"]] = []).Add(await WordsAsync(environment["RUCIO_DAEMON_ARGS"]));
        Assert.That(lines, Has.Count.GreaterThan(19));

        var answer = await Python.JsonAsync(Python.Script("daemon_arguments.py"), [source], JsonSerializer.Serialize(lines));
        foreach (var (daemon, all) in lines)
            Assert.That(answer.GetProperty(daemon).GetProperty("parsed").GetArrayLength(), Is.EqualTo(all.Count), daemon);
        Assert.That(answer.GetProperty("bb8").GetProperty("parsed")[0].GetProperty("comment").GetString(), Is.EqualTo("it's 100% me"));
        Assert.That(answer.GetProperty("reaper").GetProperty("parsed")[0].GetProperty("include_rses").GetString(), Is.EqualTo("(A&B)|c=1"));
        Assert.That(answer.GetProperty("reaper").GetProperty("parsed").EnumerateArray().Select(p => string.Join(' ', p.GetProperty("vos").EnumerateArray().Select(v => v.GetString()))), Is.EqualTo(new[] { "def sea", "sky" }));
        Assert.That(answer.GetProperty("conveyor-finisher").GetProperty("parsed")[1].GetProperty("activities").EnumerateArray().Select(a => a.GetString()), Is.EqualTo(new[] { "User Analysis", "Debug" }));
    }

    private async Task<JsonElement> MergedAsync(string deployment)
    {
        var folder = Directory.CreateTempSubdirectory("rucio-confd-").FullName;
        try
        {
            var (defaults, confd) = (Path.Combine(folder, "rucio.config.default.cfg"), Directory.CreateDirectory(Path.Combine(folder, "conf.d")).FullName);
            await File.WriteAllTextAsync(defaults, ImageDefaults);
            foreach (var (file, content) in InstanceCase.Files(inputs, deployment))
                await File.WriteAllBytesAsync(Path.Combine(confd, file), content);
            return await Python.JsonAsync(Python.Script("merged_config.py"), [source, defaults, confd, Path.Combine(folder, "rucio.cfg")]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>As the image's start script makes words of them: eval "exec … $RUCIO_DAEMON_ARGS".</summary>
    private static async Task<string[]> WordsAsync(string arguments)
    {
        var start = new ProcessStartInfo("sh", ["-c", "eval \"printf '%s\\n' $RUCIO_DAEMON_ARGS\""]) { RedirectStandardOutput = true };
        start.Environment["RUCIO_DAEMON_ARGS"] = arguments;
        using var shell = Process.Start(start)!;
        return (await shell.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
