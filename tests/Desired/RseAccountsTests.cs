using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Runtime;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Desired;

public sealed class RseAccountsTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    private static readonly StorageKeys Some = new("""{"tempurl_key":"k"}""");

    [Test]
    public void Keys_of_S3_are_completed_and_a_line_break_at_the_end_is_no_part_of_them()
    {
        var (keys, _, _) = Read("s3", ("access_key", "AK\n"), ("secret_key", "a/b+c"), ("other", "x"));
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(keys!.Json), JsonNode.Parse("""{"access_key": "AK", "secret_key": "a/b+c", "signature_version": "s3v4", "region": "us-east-1"}""")), keys.Json);
        Assert.That(Read("swift", ("tempurl_key", "k")).Keys, Is.EqualTo(Some));
    }

    [TestCase("s3", "SecretKeyMissing", "secret_key", "access_key=AK")]
    [TestCase("s3", "SecretKeyMissing", "access_key", "secret_key=s")]
    [TestCase("s3", "SecretKeyMissing", "access_key", "access_key=\n", "secret_key=s")]
    [TestCase("s3", "SecretKeyInvalid", "access_key", "access_key=two words", "secret_key=s")]
    [TestCase("s3", "SecretKeyInvalid", "signature_version", "access_key=AK", "secret_key=s", "signature_version=v2-confidential")]
    [TestCase("s3", "SecretKeyInvalid", "region", "access_key=AK", "secret_key=s", "region=a b")]
    [TestCase("swift", "SecretKeyMissing", "tempurl_key", "access_key=AK", "secret_key=s")]
    public void What_is_wrong_is_told_by_the_name_of_the_key_and_without_its_value(string service, string reason, string key, params string[] entries)
    {
        var (keys, why, fault) = Read(service, [.. entries.Select(e => (e.Split('=')[0], e.Split('=')[1]))]);
        Assert.That((keys, why), Is.EqualTo(((StorageKeys?)null, reason)));
        Assert.That(fault, Does.Contain($"key {key}").And.Not.Contain("words").And.Not.Contain("confidential"));
    }

    [TestCase("{technology: S3, endpoints: [{url: 'https://h/x/'}], credentialsSecretRef: {name: k}}", "s3")]
    [TestCase("{technology: S3, attributes: {sign_url: swift}, endpoints: [{url: 'https://h/x/'}], credentialsSecretRef: {name: k}}", "swift")]
    [TestCase("{technology: WebDAV, endpoints: [{url: 'https://h/x/'}]}", null)]
    public void Which_keys_are_needed_follows_from_the_effective_attribute(string spec, string? service) =>
        Assert.That(StorageKeys.ServiceOf(DesiredStorage.For(Crds.Manifest(StorageElement.KubeKind, spec, "s").Deserialize(KubeJson.Info<StorageElement>())!)), Is.EqualTo(service));

    [Test]
    public void What_was_rendered_is_read_back_as_it_was()
    {
        var inputs = Inputs.Of() with { StorageKeys = new Dictionary<string, StorageKeys> { [Id] = Read("s3", ("access_key", "A\"\\K"), ("secret_key", "a/b+c&<'>")).Keys! } };
        var secret = ConfigObjects.Secrets(inputs).Single(s => s.Metadata.Name == "rucio-rse-accounts");
        Assert.That(RseAccounts.Parse(secret), Is.EqualTo(inputs.StorageKeys));
        Assert.That(RseAccounts.Parse(null), Is.Empty);
        Assert.That(RseAccounts.Parse(new V1Secret { Data = new Dictionary<string, byte[]> { [RseAccounts.File] = "{"u8.ToArray() } }), Is.Empty);
        Assert.That($"{inputs.StorageKeys[Id]}", Is.EqualTo("(keys)"));
    }

    [Test]
    public void Who_signs_URLs_mounts_them_and_no_change_of_keys_rolls_a_pod()
    {
        var without = Deployments(new Dictionary<string, StorageKeys>());
        var with = Deployments(new Dictionary<string, StorageKeys> { [Id] = Some });
        Assert.That(with.Where(d => d.Spec.Template.Spec.Volumes.Any(v => v.Secret?.SecretName == "rucio-rse-accounts")).Select(d => d.Metadata.Name), Is.EquivalentTo(["rucio-api", "rucio-reaper", "rucio-quick"]));
        Assert.That(with.Select(d => KubernetesJson.Serialize(d.Spec.Template)), Is.EqualTo(without.Select(d => KubernetesJson.Serialize(d.Spec.Template))));

        static List<V1Deployment> Deployments(IReadOnlyDictionary<string, StorageKeys> keys) =>
            [.. DesiredInstance.Objects(Inputs.Of("{transfers: {ftsServers: ['https://fts.example.org:8446']}, daemons: {groups: [{name: quick, daemon: reaper, arguments: {rses: A}}]}, auth: {host: a.example.org, tls: {secretRef: {name: t}}}}") with { StorageKeys = keys }).OfType<V1Deployment>()];
    }

    [Test]
    public void What_nobody_asks_for_goes_and_what_is_not_to_be_changed_stays()
    {
        var present = new Dictionary<string, StorageKeys> { ["a"] = new("{\"a\":1}"), ["b"] = new("{\"b\":1}"), ["c"] = new("{\"c\":1}") };
        var next = RseAccounts.Next(present, [("a", Some), ("b", null), ("d", null), ("e", Some)]);
        Assert.That(next, Is.EquivalentTo(new Dictionary<string, StorageKeys> { ["a"] = Some, ["b"] = present["b"], ["e"] = Some }));
    }

    [Test]
    public void The_Secret_never_grows_too_large_and_newcomers_push_nobody_out()
    {
        var large = new StorageKeys($$"""{"secret_key":"{{new string('x', 1000)}}"}""");
        var present = Enumerable.Range(0, 900).ToDictionary(n => $"{n:x32}", _ => large);
        // The newcomers are asked for first.
        var next = RseAccounts.Next(present, [.. Enumerable.Range(1000, 500).Select(n => ($"{n:x32}", (StorageKeys?)large)), .. present.Keys.Select(id => (id, (StorageKeys?)large))]);
        Assert.That(present.Keys.Except(next.Keys), Is.Empty);
        Assert.That(next, Has.Count.GreaterThan(900).And.Count.LessThan(1000));
        var secret = RseAccounts.Content(Inputs.Of() with { StorageKeys = next }).ToJsonString();
        Assert.That(Encoding.UTF8.GetByteCount(secret), Is.LessThanOrEqualTo(RseAccounts.Most));
        Assert.That((RseAccounts.HasRoom(next, $"{2000:x32}", large), RseAccounts.HasRoom(next, $"{0:x32}", Some)), Is.EqualTo((false, true)));
    }

    /// <summary>Rucio's own reader (common/config.py) where the pods have the file, in one process: it opens it each time.</summary>
    [TestCase("RUCIO_SOURCE"), TestCase("RUCIO_SOURCE_40"), TestCase("RUCIO_SOURCE_38")]
    public async Task Rucio_finds_the_file_and_reads_it_again(string variable)
    {
        var source = Python.RequireRucio(variable);
        var inputs = Inputs.Of() with { StorageKeys = new Dictionary<string, StorageKeys> { [Id] = Read("s3", ("access_key", "AK"), ("secret_key", "a/b+c&\"")).Keys! } };
        var environment = RseAccounts.Environment(inputs, "api").Single();
        var answer = await Python.JsonAsync(Python.Script("rse_accounts.py"), [source, environment.Name, RseAccounts.Content(inputs).ToJsonString(), RseAccounts.Content(Inputs.Of()).ToJsonString()]);
        Assert.That(answer[0].GetProperty(Id).GetProperty("secret_key").GetString(), Is.EqualTo("a/b+c&\""));
        Assert.That(answer[1].EnumerateObject(), Is.Empty);
        Assert.That(RseAccounts.Mounts(inputs, "api").Single().MountPath, Is.EqualTo($"{environment.Value}/etc"));
    }

    private static (StorageKeys? Keys, string? Reason, string? Fault) Read(string service, params (string Key, string Value)[] entries) =>
        StorageKeys.Read(service, entries.ToDictionary(e => e.Key, e => Encoding.UTF8.GetBytes(e.Value)));
}
