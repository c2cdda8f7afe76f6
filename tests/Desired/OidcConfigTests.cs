using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Tests.Behaviour;

namespace RucioOperator.Tests.Desired;

public sealed class OidcConfigTests
{
    private const string Spec = "{transfers: {ftsServers: ['https://fts.example.org:8446']}, oidc: {adminIssuer: iam, issuers: [{name: iam, url: 'https://iam.example.org/', clientSecretRef: {name: c}}]}}";

    [Test]
    public void Without_a_usable_issuer_nothing_of_it_is_rendered() =>
        Assert.That(DesiredInstance.Objects(Inputs.Of(Spec)).Where(o => o.Metadata.Name is "rucio-config-oidc" or "rucio-idpsecrets"), Is.Empty);

    [Test]
    public void What_was_rendered_is_read_back_as_it_was()
    {
        var inputs = With(new OidcClient("iam", "https://iam.example.org/", "id", "secret", "scim-id", "scim-secret"));
        Assert.That(OidcConfig.Parse(OidcConfig.IdpSecrets(inputs)).Values, Is.EqualTo(inputs.OidcClients));
        Assert.That(OidcConfig.Parse(JsonNode.Parse("""{"iam": {"issuer": 1}, "other": []}""")), Is.Empty);
    }

    [Test]
    public void An_admin_issuer_that_is_left_out_is_not_named()
    {
        Assert.That(Options(With(new OidcClient("iam", "https://iam.example.org/", "i", "s", "i", "s")))["admin_issuer"]!.GetValue<string>(), Is.EqualTo("iam"));
        Assert.That(Options(With(new OidcClient("other", "https://other.example.org/", "i", "s", "i", "s")))["admin_issuer"], Is.Null);
    }

    [Test]
    public void A_group_of_a_daemon_that_asks_for_tokens_gets_them_too()
    {
        var inputs = Inputs.Of("{transfers: {ftsServers: ['https://fts.example.org:8446']}, daemons: {groups: [{name: fast, daemon: conveyor-submitter, arguments: {activities: Express}}]}, oidc: {issuers: [{name: iam, url: 'https://iam.example.org/', clientSecretRef: {name: c}}]}}")
            with
        { OidcClients = [new("iam", "https://iam.example.org/", "i", "s", "i", "s")] };
        var mounting = DesiredInstance.Objects(inputs).OfType<V1Deployment>().Where(d => d.Spec.Template.Spec.Volumes.Any(v => v.Secret?.SecretName == "rucio-idpsecrets")).Select(d => d.Metadata.Name);
        Assert.That(mounting, Does.Contain("rucio-fast").And.Contain("rucio-conveyor-submitter").And.Not.Contain("rucio-judge-evaluator"));
    }

    /// <summary>Rucio's own loader (core/oidc.py, pyoidc) on what is rendered; and why a broken issuer has to stay out.</summary>
    [Test]
    public async Task Rucio_loads_the_clients_and_one_broken_issuer_would_take_all_of_them_away()
    {
        var source = Python.RequireRucio();
        await using var issuer = await TokenIssuer.StartAsync();
        OidcClient[] good = [Client("iam", issuer.Up("iam")), Client("second", issuer.Up("second"))];
        var loaded = await LoadAsync(source, issuer, good);
        Assert.Multiple(() =>
        {
            Assert.That(loaded.GetProperty("clients").EnumerateArray().Select(c => c.GetString()), Is.EquivalentTo(good.Select(c => c.Issuer)));
            Assert.That(loaded.GetProperty("admins").GetArrayLength(), Is.EqualTo(2));
            Assert.That(loaded.GetProperty("tokenEndpoint").GetString(), Is.EqualTo($"{good[0].Issuer}t"));
        });
        var broken = await LoadAsync(source, issuer, [.. good, Client("down", $"{issuer.Url}/down/")]);
        Assert.That(broken.GetProperty("clients").GetArrayLength(), Is.Zero);

        static OidcClient Client(string name, string url) => new(name, url, "id", "secret", "id", "secret");
    }

    private static async Task<JsonElement> LoadAsync(string source, TokenIssuer issuer, IReadOnlyList<OidcClient> clients)
    {
        var inputs = With([.. clients]);
        var folder = Directory.CreateTempSubdirectory("rucio-oidc-").FullName;
        try
        {
            var (secrets, config) = (Path.Combine(folder, OidcConfig.SecretsFile), Path.Combine(folder, "rucio.cfg"));
            await File.WriteAllTextAsync(secrets, OidcConfig.IdpSecrets(inputs).ToJsonString());
            var options = Options(inputs).Select(o => o.Key == "idpsecrets" ? $"idpsecrets = {secrets}" : $"{o.Key} = {o.Value}");
            await File.WriteAllTextAsync(config, $"[database]\ndefault = sqlite:///{folder}/none.db\n[oidc]\n{string.Join('\n', options)}\n");
            using var process = Python.Start(Python.Script("oidc_clients.py"), [source, config], [("REQUESTS_CA_BUNDLE", issuer.CaFile)]);
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Zero, await errors);
            return JsonDocument.Parse(output).RootElement;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static InstanceInputs With(params OidcClient[] clients) => Inputs.Of(Spec) with { OidcClients = clients };

    private static JsonObject Options(InstanceInputs inputs) => OidcConfig.Options(inputs).Json["oidc"]!.AsObject();
}
