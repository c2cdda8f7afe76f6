using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Releases;
using RucioOperator.Tests.Desired;

namespace RucioOperator.Tests.Releases;

/// <summary>The data file of a line against the source of a version of that line.</summary>
[TestFixture("RUCIO_SOURCE"), TestFixture("RUCIO_SOURCE_40"), TestFixture("RUCIO_SOURCE_38")]
public sealed class ReleaseSourceTests(string variable)
{
    private string source = "";
    private Release release = null!;

    [SetUp]
    public void Find_the_line()
    {
        source = Python.RequireRucio(variable);
        // VERSION = '41.0.0', in older lines an entry of a dictionary.
        var version = Regex.Match(File.ReadAllText(Path.Combine(source, "lib/rucio/vcsversion.py")), "version'?\\s*[=:]\\s*'([^']+)'", RegexOptions.IgnoreCase).Groups[1].Value;
        release = ReleaseCatalogue.Find(version).Release ?? throw new AssertionException($"{variable} is Rucio {version}, a line without data");
    }

    [Test]
    public async Task Its_gateway_asks_about_these_actions_and_no_others()
    {
        var actions = await Python.JsonAsync(Python.Script("gateway_actions.py"), [source]);
        Assert.That(release.GatewayActions, Is.EqualTo(actions.EnumerateArray().Select(action => action.GetString())));
    }

    [Test]
    public void Its_migrations_end_where_the_data_says() =>
        Assert.That(File.ReadAllText(Path.Combine(source, "lib/rucio/alembicrevision.py")), Does.Contain($"ALEMBIC_REVISION = '{release.AlembicHead}'"));

    [Test]
    public void Its_endpoints_are_these()
    {
        var main = File.ReadAllText(Path.Combine(source, "lib/rucio/web/rest/flaskapi/v1/main.py"));
        var block = Regex.Match(main, @"DEFAULT_ENDPOINTS = \{(.*?)\}", RegexOptions.Singleline).Groups[1].Value;
        Assert.That(release.Endpoints.Default, Is.EquivalentTo(Regex.Matches(block, "'([a-z_]+)'").Select(match => match.Groups[1].Value)));
    }

    [Test]
    public async Task Each_daemon_takes_the_arguments_of_the_closed_list()
    {
        var lines = release.Daemons.ToDictionary(daemon => daemon.Key, daemon => new[] { DaemonArguments.Of(daemon.Value), DaemonArguments.Of(daemon.Value, Every(daemon.Value)) });
        var answer = await Python.JsonAsync(Python.Script("daemon_arguments.py"), [source], JsonSerializer.Serialize(lines));
        foreach (var (name, daemon) in release.Daemons)
        {
            var options = answer.GetProperty(name).GetProperty("options");
            foreach (var (option, kind) in daemon.Arguments)
                Assert.That(options.TryGetProperty(option, out var own) ? own.GetString() : "absent", Is.EqualTo(kind.ToString().ToLowerInvariant()), $"{name} {option}");
            var parsed = answer.GetProperty(name).GetProperty("parsed");
            foreach (var (option, value) in daemon.Defaults)
                Assert.That(Parsed(parsed[0].GetProperty(option[2..].Replace('-', '_'))), Is.EqualTo(value), $"{name} {option}");
            foreach (var (option, value) in Every(daemon))
                Assert.That(Parsed(parsed[1].GetProperty(option[2..].Replace('-', '_'))), Is.EqualTo(value), $"{name} {option}");
        }
    }

    [Test]
    public async Task Its_daemons_are_these_and_those_called_removed_are_gone()
    {
        var programs = (await Python.JsonAsync(Python.Script("daemon_arguments.py"), [source], "{}")).EnumerateObject().Select(program => program.Name).ToList();
        Assert.That(release.Daemons.Keys, Is.EquivalentTo(programs));
        Assert.That(release.Removed.Keys.Intersect(programs), Is.Empty);
    }

    [Test]
    public async Task Nobody_else_reads_the_sections_of_a_daemon_and_the_listed_ones_fix_their_RSEs()
    {
        var answer = await Python.JsonAsync(Python.Script("config_sections.py"), [source]);
        foreach (var (name, daemon) in release.Daemons)
        {
            foreach (var section in daemon.Sections)
                Assert.That(answer.GetProperty("sections").GetProperty(section).EnumerateArray().Select(file => file.GetString()!).Where(file => !Modules(name).Any(module => file.StartsWith(module, StringComparison.Ordinal))), Is.Empty, $"{name} [{section}]");
            var fixes = answer.GetProperty("frozen").EnumerateArray().Select(file => file.GetString()!).Any(file => Modules(name).Contains(file));
            Assert.That(daemon.FixesRseListAtStart, Is.EqualTo(fixes), name);
        }
    }

    [Test]
    public void Whose_daemons_sign_URLs_and_nobody_but_them_and_the_API_reads_keys()
    {
        var daemons = Users("daemons", "get_signed_url", "get_rse_credentials");
        foreach (var (name, daemon) in release.Daemons)
            Assert.That(daemon.SignsUrls, Is.EqualTo(daemons.Any(file => Modules(name).Any(module => file.StartsWith(module, StringComparison.Ordinal)))), name);
        Assert.That(daemons.Where(file => !release.Daemons.Where(d => d.Value.SignsUrls).SelectMany(d => Modules(d.Key)).Any(module => file.StartsWith(module, StringComparison.Ordinal))), Is.Empty);
        // Besides them the API, by its gateway; rsemanager's are uploads and downloads, which no daemon does; qBittorrent is no transfer tool of ours.
        Assert.That(Users("", "get_rse_credentials"), Is.EquivalentTo(["common/config.py", "core/credential.py", "transfertool/bittorrent_driver_qbittorrent.py"]));
    }

    private List<string> Users(string folder, params string[] functions)
    {
        var root = Path.Combine(source, "lib/rucio");
        return [.. Directory.GetFiles(Path.Combine(root, folder), "*.py", SearchOption.AllDirectories)
            .Where(file => functions.Any(f => File.ReadAllText(file).Contains($"{f}(", StringComparison.Ordinal))).Select(file => Path.GetRelativePath(root, file))];
    }

    /// <summary>Files under lib/rucio that the program of a daemon imports: a module, or all of a package.</summary>
    private List<string> Modules(string daemon) =>
        [.. Regex.Matches(File.ReadAllText(Path.Combine(source, $"bin/rucio-{daemon}")), @"^(?:from|import) rucio\.(daemons\.[a-z0-9_.]+)", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value.Replace('.', '/')).Select(path => File.Exists(Path.Combine(source, $"lib/rucio/{path}.py")) ? $"{path}.py" : $"{path}/")];

    private static Dictionary<string, string> Every(ReleaseDaemon daemon) => daemon.Arguments.ToDictionary(
        argument => argument.Key,
        argument => argument.Value switch { ArgumentKind.Flag => "true", ArgumentKind.Integer => "7", ArgumentKind.Number => "1.5", ArgumentKind.Words => "Production Input,B", _ => "(A&B)|c=1" });

    private static string Parsed(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(item => item.GetString())),
        _ => value.ToString(),
    };
}
