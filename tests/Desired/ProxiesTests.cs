using System.Text;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Desired;

public sealed class ProxiesTests
{
    private const string Fts = "transfers: {ftsServers: ['https://fts.example.org:8446']}";
    private const string WithDefault = "transfers: {ftsServers: ['https://fts.example.org:8446'], credentialSecretRef: {name: robot}}";

    private static readonly InstanceNames Names = new("default", "rucio");

    [Test]
    public void Three_hundred_VOs_fit_and_each_file_is_named_by_its_tag()
    {
        var proxies = Many(300, 12_000);
        var inputs = Inputs.Of($"{{{WithDefault}}}") with { Proxies = new("(default)", proxies) };
        var secrets = Proxies.Secrets(inputs).ToList();

        Assert.That(secrets.Select(s => s.Metadata.Name), Is.EqualTo((string[])["rucio-proxy", .. Proxies.SecretsOf(Names)]));
        Assert.That(secrets.Select(s => s.Data.Sum(d => d.Value.Length)), Is.All.LessThan(Proxies.Most / 2));
        Assert.That(secrets.Select(s => Encoding.UTF8.GetByteCount(KubernetesJson.Serialize(s))), Is.All.LessThan(1_400_000), "what etcd takes in one request, base64 and all");
        Assert.That(secrets.Skip(1).SelectMany(s => s.Data.Keys).Order(StringComparer.Ordinal), Is.EqualTo(proxies.Keys.Order(StringComparer.Ordinal)), "one key for each, and each once");

        var projected = Deployment(inputs, "rucio-conveyor-submitter").Spec.Template.Spec.Volumes.Single(v => v.Name == "proxies").Projected;
        Assert.That(projected.Sources.Select(s => s.Secret.Name), Is.EqualTo(Proxies.SecretsOf(Names)), "all of them in one folder");
        Assert.That(projected.Sources.Select(s => s.Secret.Optional), Is.All.True);
    }

    [Test]
    public void Nobody_takes_the_room_of_others()
    {
        var present = new InstanceProxies(null, Many(1000, 12_000));
        var newcomers = Enumerable.Range(0, 1000).Select(n => KeyValuePair.Create($"z{n:000}"[^3..], new VoProxy("n/n", new string('x', 12_000)))).DistinctBy(n => n.Key).Where(n => !present.Vos.ContainsKey(n.Key));
        var kept = Proxies.Fitting(present, [.. newcomers, .. present.Vos, KeyValuePair.Create("big", new VoProxy("big/big", new string('x', Proxies.MostOfOne + 1)))]);

        Assert.That(present.Vos.Keys.Except(kept.Keys), Is.Empty, "who is in stays");
        Assert.That(kept.Keys, Does.Not.Contain("big"));
        Assert.That(kept.Count, Is.GreaterThan(present.Vos.Count));
        Assert.That(kept.GroupBy(k => Proxies.ShardOf(k.Key)).Select(s => s.Sum(k => k.Key.Length + k.Value.Pem.Length)), Is.All.LessThanOrEqualTo(Proxies.Most));
    }

    [Test]
    public void What_was_written_is_read_back_with_whose_it_is()
    {
        var written = new InstanceProxies("(default)", new Dictionary<string, VoProxy> { ["pol"] = new("compass/pol", "(one)"), ["sky"] = new("sky/survey", "(two)"), ["a01"] = new("a/b", "(three)") });
        var secrets = Proxies.Secrets(Inputs.Of($"{{{WithDefault}}}") with { Proxies = written }).ToDictionary(s => ObjectKey.Of(s));
        V1Secret? Find(ObjectKey key) => secrets.GetValueOrDefault(key);

        var read = Proxies.Parse(Find, Names);
        Assert.That((read.Default, read.Vos.OrderBy(v => v.Key)), Is.EqualTo((written.Default, written.Vos.OrderBy(v => v.Key))));
        Assert.That((Proxies.Saved(Find, Names, "sky", "sky/survey"), Proxies.Saved(Find, Names, "", null), Proxies.Saved(Find, Names, "not", "sky/survey")), Is.EqualTo(("(two)", "(default)", (string?)null)));
        Assert.That($"{written} {written.Vos["pol"]}", Does.Not.Contain("(one)").And.Not.Contain("(default)"), "texts of records go into logs");
    }

    [Test]
    public void A_tag_that_changes_hands_brings_nobody_the_former_holders_proxy()
    {
        var former = new VoProxy("sky/survey", "(two)");
        var secrets = Proxies.Secrets(Inputs.Of($"{{{WithDefault}}}") with { Proxies = new("(default)", new Dictionary<string, VoProxy> { ["sky"] = former }) }).ToDictionary(s => ObjectKey.Of(s));

        Assert.That((Proxies.Saved(secrets.GetValueOrDefault, Names, "sky", "thief/sky"), Proxies.Saved(secrets.GetValueOrDefault, Names, "sky", null), Proxies.Saved(secrets.GetValueOrDefault, Names, "", "thief/sky")), Is.EqualTo(((string?)null, (string?)null, (string?)null)));
        Assert.That(Proxies.Newest(former, "thief/sky", "(two)"), Is.Null, "nor is it written under the new one's claim");
        Assert.That(Proxies.Newest(former, "thief/sky", "(its own)"), Is.EqualTo(new VoProxy("thief/sky", "(its own)")));
        Assert.That(Proxies.Newest(former, "sky/survey", "(two)"), Is.EqualTo(former));
        Assert.That(Proxies.Newest(null, "thief/sky", null), Is.Null);
    }

    [Test]
    public void A_single_VOs_proxy_is_the_default_one_and_is_read_back_as_its_own()
    {
        var written = new InstanceProxies("(default)", new Dictionary<string, VoProxy> { ["def"] = new("lab/lab", "(own)") });
        var secrets = Proxies.Secrets(Inputs.Of($"{{{WithDefault}, multiVo: false}}") with { Proxies = written }).ToDictionary(s => ObjectKey.Of(s));

        Assert.That(secrets.Values.Select(s => (s.Metadata.Name, Encoding.UTF8.GetString(s.Data.Single().Value))), Is.EqualTo(new[] { ("rucio-proxy", "(own)") }));
        var read = Proxies.Parse(secrets.GetValueOrDefault, Names);
        Assert.That((read.Default, read.Vos["def"]), Is.EqualTo(((string?)null, written.Vos["def"])), "not the instance's, which speaks again when the VO's is gone");
        Assert.That((Saved("def", "lab/lab"), Saved("def", "thief/lab"), Saved("", null)), Is.EqualTo(("(own)", (string?)null, (string?)null)));
        Assert.That(Proxies.Secrets(Inputs.Of($"{{{Fts}, multiVo: false}}") with { Proxies = read }).Single().Metadata.Annotations[Proxies.ClaimsAnnotation], Is.EqualTo("def=lab/lab"), "as it is before the catalogue has been read");

        string? Saved(string tag, string? claim) => Proxies.Saved(secrets.GetValueOrDefault, Names, tag, claim);
    }

    [Test]
    public void A_new_proxy_restarts_nobody()
    {
        var before = Inputs.Of($"{{{WithDefault}}}") with { Proxies = InstanceProxies.None };
        var after = before with { Proxies = new("(default)", Many(3, 10)) };
        Assert.That(Templates(after), Is.EqualTo(Templates(before)));

        static List<string> Templates(InstanceInputs inputs) => [.. DesiredInstance.Objects(inputs).OfType<V1Deployment>().Select(d => KubernetesJson.Serialize(d))];
    }

    [TestCase("api", "proxy", 0x124), TestCase("admin", "proxy", 0x124)]
    [TestCase("conveyor-submitter", "proxy,proxies", 0x100), TestCase("conveyor-poller", "proxy,proxies", 0x100), TestCase("conveyor-stager", "proxy,proxies", 0x100)]
    [TestCase("judge-cleaner", "proxy", 0x100), TestCase("reaper", "proxy", 0x100)]
    [TestCase("auth", "", 0), TestCase("conveyor-finisher", "", 0), TestCase("judge-evaluator", "", 0), TestCase("undertaker", "", 0)]
    public void Who_shows_a_proxy_has_it_and_nobody_else(string component, string volumes, int mode)
    {
        var pod = Deployment(Inputs.Of($"{{{WithDefault}, daemons: {{profile: Tape}}, auth: {{host: a.example.org, tls: {{secretRef: {{name: t}}}}}}}}"), $"rucio-{component}").Spec.Template.Spec;
        var mounted = pod.Volumes.Where(v => v.Name is "proxy" or "proxies").ToList();

        Assert.That(string.Join(',', mounted.Select(v => v.Name)), Is.EqualTo(volumes));
        Assert.That(mounted.Select(v => v.Secret?.DefaultMode ?? v.Projected?.DefaultMode), Is.All.EqualTo(mode), "octal 400 for root alone, 444 for httpd's apache");
        Assert.That(pod.Containers[0].VolumeMounts.Where(m => m.Name is "proxy" or "proxies").Select(m => (m.ReadOnlyProperty, m.SubPath)), Is.All.EqualTo(((bool?)true, (string?)null)), "a file mounted with subPath is never renewed");
        Assert.That(pod.Containers[0].Env.Any(e => e.Name == "X509_USER_PROXY"), Is.EqualTo(mode == 0x100));
    }

    [Test]
    public void Rucio_is_told_where_they_are_wherever_there_is_FTS()
    {
        Assert.That(Conveyor($"{{{Fts}}}"), Is.EqualTo(("/opt/rucio/proxy/x509up", "/opt/rucio/proxies")), "before there is any credential, since this is read at the start");
        Assert.That(Conveyor($"{{{Fts}, multiVo: false}}"), Is.EqualTo(("/opt/rucio/proxy/x509up", (string?)null)));
        Assert.That(Conveyor("{}"), Is.EqualTo(((string?)null, (string?)null)));

        static (string?, string?) Conveyor(string spec)
        {
            var conveyor = InstanceCase.Config(InstanceCase.Of(spec), "rucio-api")["conveyor"]!;
            return (conveyor["usercert"]?.GetValue<string>(), conveyor["vo_certs_path"]?.GetValue<string>());
        }
    }

    [Test]
    public void A_deletion_without_any_credential_names_no_proxy()
    {
        var reaper = Deployment(Inputs.Of("{}"), "rucio-reaper").Spec.Template.Spec;
        Assert.That((reaper.Containers[0].Env.Any(e => e.Name == "X509_USER_PROXY"), reaper.Volumes.Any(v => v.Name == "proxy")), Is.EqualTo((false, false)));
        var withFts = Deployment(Inputs.Of($"{{{Fts}}}"), "rucio-reaper").Spec.Template.Spec;
        Assert.That(withFts.Containers[0].Env.Any(e => e.Name == "X509_USER_PROXY"), Is.False, "gfal would insist on a file that is not there");
        var onlyToDelete = Deployment(Inputs.Of("{transfers: {credentialSecretRef: {name: robot}}}"), "rucio-reaper").Spec.Template.Spec;
        Assert.That((onlyToDelete.Containers[0].Env.Any(e => e.Name == "X509_USER_PROXY"), onlyToDelete.Volumes.Any(v => v.Name == "proxy")), Is.EqualTo((true, true)));
    }

    [Test]
    public void A_VO_with_its_own_proxy_has_a_reaper_that_sees_no_other_and_all_others_leave_its_data_alone()
    {
        var inputs = Shared("{transfers: {credentialSecretRef: {name: robot}}, daemons: {overrides: [{name: reaper, replicas: 3, arguments: {threads: '4'}, config: {reaper: {x: '1'}}}], groups: [{name: quick, daemon: reaper, arguments: {include-rses: A}}]}}");
        var reapers = DesiredInstance.Objects(inputs).OfType<V1Deployment>().Where(d => Environment(d).GetValueOrDefault("RUCIO_DAEMON") == "reaper").ToDictionary(d => d.Metadata.Name);

        Assert.That(reapers.Keys, Is.EquivalentTo(new[] { "rucio-reaper", "rucio-reaper-pol", "rucio-quick" }));
        Assert.That(Vos(reapers["rucio-reaper"]), Is.EqualTo("def sea sky"), "sky has no storages: nobody starts for it");
        Assert.That(Vos(reapers["rucio-quick"]), Is.EqualTo("def sea sky"));
        Assert.That(Vos(reapers["rucio-reaper-pol"]), Is.EqualTo("pol"));
        Assert.That((reapers["rucio-reaper"].Spec.Replicas, reapers["rucio-reaper-pol"].Spec.Replicas), Is.EqualTo(((int?)3, (int?)1)));
        Assert.That(Environment(reapers["rucio-reaper-pol"])["RUCIO_DAEMON_ARGS"], Does.Contain("'--threads' '4'"), "otherwise as the reaper's override says");

        var own = reapers["rucio-reaper-pol"].Spec.Template.Spec;
        var mounted = own.Volumes.Single(v => v.Name == "proxy").Secret;
        Assert.That((mounted.SecretName, mounted.Items.Select(item => (item.Key, item.Path))), Is.EqualTo((Proxies.SecretOf(Names, "pol"), new[] { ("pol", "x509up") })), "that key alone");
        Assert.That(own.Volumes.Any(v => v.Name == "proxies" || v.Secret?.SecretName == Names.Proxy), Is.False);
        Assert.That(Environment(reapers["rucio-reaper-pol"])["X509_USER_PROXY"], Is.EqualTo("/opt/rucio/proxy/x509up"));

        static string Vos(V1Deployment reaper) => Regex.Match(Environment(reaper)["RUCIO_DAEMON_ARGS"], "'--vos'((?: '[^']+')+)").Groups[1].Value.Replace("'", "", StringComparison.Ordinal).Trim();
    }

    [Test]
    public void Without_VOs_of_their_own_there_is_one_reaper_for_all_also_for_those_to_come()
    {
        var reaper = Deployment(Inputs.Of("{}") with { Reapers = ReaperShares.Of([("def", false), ("sea", true)], new Dictionary<string, VoProxy>()) }, "rucio-reaper");
        Assert.That(Environment(reaper)["RUCIO_DAEMON_ARGS"], Does.Not.Contain("--vos"));
        var off = DesiredInstance.Objects(Shared("{daemons: {overrides: [{name: reaper, replicas: 0}]}}")).OfType<V1Deployment>().Where(d => d.Metadata.Name.StartsWith("rucio-reaper", StringComparison.Ordinal));
        Assert.That(off.Select(d => d.Spec.Replicas), Is.All.Zero, "who switches deletion off means all of it");
        var groups = DesiredInstance.Objects(Shared("{daemons: {overrides: [{name: reaper, replicas: 0}], groups: [{name: quick, daemon: reaper, arguments: {include-rses: tape=1}}]}}")).OfType<V1Deployment>().ToDictionary(d => d.Metadata.Name, d => d.Spec.Replicas);
        Assert.That((groups["rucio-reaper"], groups["rucio-quick"], groups["rucio-reaper-pol"]), Is.EqualTo(((int?)0, (int?)1, (int?)1)), "groups leave out who has a reaper of its own: somebody must delete its data");
    }

    [Test]
    public void A_group_may_not_be_called_as_a_VOs_reaper()
    {
        var inputs = Inputs.Of("{daemons: {groups: [{name: reaper-pol, daemon: reaper}]}}");
        Assert.That(DaemonFaults.Find(inputs.Instance.Spec, inputs.Release).Select(f => (f.Path, f.Reason)), Is.EqualTo(new[] { ("spec.daemons.groups[0].name", "InvalidField") }));
        var fine = Inputs.Of("{daemons: {groups: [{name: reaper-tape, daemon: reaper}]}}");
        Assert.That(DaemonFaults.Find(fine.Instance.Spec, fine.Release), Is.Empty);
    }

    [TestCase("overrides: [{name: reaper, arguments: {rses: A}}]", "spec.daemons.overrides[0].arguments[rses]")]
    [TestCase("groups: [{name: quick, daemon: reaper, arguments: {rses: A}}]", "spec.daemons.groups[0].arguments[rses]")]
    public void A_reaper_of_many_VOs_is_not_given_storages_by_name(string daemons, string path)
    {
        var many = Inputs.Of($"{{daemons: {{{daemons}}}}}");
        Assert.That(DaemonFaults.Find(many.Instance.Spec, many.Release).Select(f => (f.Path, f.Message.Contains("include-rses", StringComparison.Ordinal))), Is.EqualTo(new[] { (path, true) }));
        var one = Inputs.Of($"{{multiVo: false, daemons: {{{daemons}}}}}");
        Assert.That(DaemonFaults.Find(one.Instance.Spec, one.Release), Is.Empty);
    }

    /// <summary>Reapers with different VOs would starve each other if they shared replicas by the number of workers.</summary>
    [TestCase("RUCIO_SOURCE"), TestCase("RUCIO_SOURCE_40"), TestCase("RUCIO_SOURCE_38")]
    public void Rucios_reaper_shares_no_work_by_hash(string variable)
    {
        var source = File.ReadAllText(Path.Combine(Python.RequireRucio(variable), "lib/rucio/daemons/reaper/reaper.py"));
        Assert.That(source, Does.Contain("list_and_mark_unlocked_replicas").And.Not.Contain("worker_number").And.Not.Contain("hash_variable"));
        Assert.That(source, Does.Contain("raise VONotFound"), "so only VOs that are there may be named");
    }

    private static InstanceInputs Shared(string spec)
    {
        var proxies = new Dictionary<string, VoProxy> { ["pol"] = new("compass/pol", "(pol)"), ["sky"] = new("sky/sky", "(sky)") };
        return Inputs.Of(spec) with { Proxies = new("(default)", proxies), Reapers = ReaperShares.Of([("sky", false), ("sea", true), ("pol", true), ("def", false), ("-a.", true)], proxies) };
    }

    private static Dictionary<string, VoProxy> Many(int count, int size)
    {
        const string letters = "abcdefghijklmnopqrstuvwxyz";
        return Enumerable.Range(0, count).ToDictionary(n => $"{letters[n / 260 % 26]}{letters[n / 10 % 26]}{n % 10}", n => new VoProxy($"ns{n}/vo", new string('x', size)));
    }

    private static Dictionary<string, string> Environment(V1Deployment deployment) => deployment.Spec.Template.Spec.Containers[0].Env.Where(e => e.Value is not null).ToDictionary(e => e.Name, e => e.Value);

    private static V1Deployment Deployment(InstanceInputs inputs, string name) => DesiredInstance.Objects(inputs).OfType<V1Deployment>().Single(d => d.Metadata.Name == name);
}
