using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Sandbox.Rucio;
using RucioOperator.Tests.Desired;
using RucioOperator.Tests.SandboxTests.Rucio;

namespace RucioOperator.Tests.Contract;

/// <summary>
/// URLs are signed with the keys of the RSE in the rendered file, and with the next ones as soon as it is another. A running server needs variable
/// RUCIO_TEST_RSE_ACCOUNTS: the path of its rse-accounts.cfg, and no memcached.
/// </summary>
[TestFixture(false), TestFixture(true)]
public sealed class SignedUrlTests(bool live) : ContractTests(live)
{
    private string _file = "";

    [OneTimeSetUp]
    public void FindTheFile()
    {
        if (Live)
        {
            if (Environment.GetEnvironmentVariable("RUCIO_TEST_RSE_ACCOUNTS") is not { Length: > 0 } path)
                Assert.Ignore("needs variable RUCIO_TEST_RSE_ACCOUNTS: the path of the running server's rse-accounts.cfg");
            else
                _file = path;
            return;
        }
        _file = Path.GetTempFileName();
        Bed.Rucio.StandIn!.Register("/ns/rucio-admin", Bed.Rucio.Config, Bed.Rucio.Database).RseAccounts = () => File.ReadAllText(_file);
    }

    [OneTimeTearDown]
    public void RemoveTheFile()
    {
        if (!Live)
            File.Delete(_file);
    }

    [Test]
    public async Task A_URL_is_signed_with_the_keys_of_its_RSE_as_they_are_now()
    {
        var (vo, root) = await VoAsync("BUCKET", "POOL");
        var rses = (await Bed.Instance.RefreshVoAsync(vo.Spec.Tag, default)).Rses;
        Render((rses["BUCKET"].Id, "s3", [("access_key", "AK"), ("secret_key", "first/+\"&'key")]), (rses["POOL"].Id, "swift", [("tempurl_key", "temp")]));
        await AssertSignedAsync(root, "first/+\"&'key", "us-east-1", "https://s3.example.org/bucket/dir/file");
        await AssertSignedAsync(root, "first/+\"&'key", "us-east-1", "https://s3.example.org:9000/bucket/dir/file");
        var swift = new Uri(await SignAsync(root, "POOL", "swift", "delete", "https://swift.example.org:8443/v1/x/file"));
        var expires = swift.Query.Split("temp_url_expires=")[1];
        Assert.That(swift.Query, Does.Contain(Convert.ToHexStringLower(HMACSHA1.HashData("temp"u8, Encoding.UTF8.GetBytes($"DELETE\n{expires}\n/v1/x/file")))));
        Assert.That(swift.Port, Is.EqualTo(443), "so another port is refused in the spec");

        Render((rses["BUCKET"].Id, "s3", [("access_key", "AK"), ("secret_key", "second"), ("region", "eu-1")]));
        await AssertSignedAsync(root, "second", "eu-1", "https://s3.example.org/bucket/dir/file");
        Assert.That((await CallAsync(root, "POOL", "swift", "read", "https://swift.example.org/v1/x/file")).Status, Is.EqualTo(500), "a storage without keys");
    }

    [Test]
    public async Task Only_who_may_sign_gets_a_URL_and_only_of_storages_of_its_VO()
    {
        var (vo, root) = await VoAsync("BUCKET");
        var (_, other) = await VoAsync("ELSEWHERE");
        Render(((await Bed.Instance.RefreshVoAsync(vo.Spec.Tag, default)).Rses["BUCKET"].Id, "s3", [("access_key", "AK"), ("secret_key", "key")]));
        Assert.That((await CallAsync(other, "BUCKET", "s3", "read", "https://s3.example.org/bucket/file")).Class, Is.EqualTo("RSENotFound"));

        await root.CallAsync("POST", "/accounts/ada", """{"type": "USER", "email": "ada@example.org"}""");
        var login = $"ada-{vo.Spec.Tag}";
        await root.CallAsync("POST", "/accounts/ada/identities", $$"""{"identity": "{{login}}", "authtype": "USERPASS", "email": "ada@example.org", "password": "ada-password", "default": false}""");
        var ada = await Bed.Rucio.LogInAsync(login, "ada-password", "ada", vo.Spec.Tag);
        Assert.That((await CallAsync(ada, "BUCKET", "s3", "read", "https://s3.example.org/bucket/file")).Class, Is.EqualTo("AccessDenied"));
        Assert.That((await root.CallAsync("POST", "/accounts/ada/attr/sign-url", """{"key": "sign-url", "value": "true"}""")).Status, Is.EqualTo(201));
        Assert.That((await CallAsync(ada, "BUCKET", "s3", "read", "https://s3.example.org/bucket/file")).Status, Is.EqualTo(200));
    }

    private async Task<(DesiredVo Vo, RucioCaller Root)> VoAsync(params string[] rses)
    {
        var vo = await Bed.NewVoAsync();
        await Bed.Root(vo).ImportAsync(ImportDocument.Of([.. rses.Select(name => new DesiredRse(name) { Attributes = new SortedDictionary<string, string>() })]), default);
        return (vo, await Bed.Rucio.LogInAsync(vo.RootIdentity, vo.RootPassword, "root", vo.Spec.Tag));
    }

    /// <summary>The file as the operator makes it of tenants' Secrets.</summary>
    private void Render(params (string RseId, string Service, (string Key, string Value)[] Secret)[] storages)
    {
        var keys = storages.ToDictionary(s => s.RseId, s => StorageKeys.Read(s.Service, s.Secret.ToDictionary(e => e.Key, e => Encoding.UTF8.GetBytes(e.Value))).Keys!);
        File.WriteAllText(_file, RseAccounts.Content(Inputs.Of() with { StorageKeys = keys }).ToJsonString());
    }

    private static async Task AssertSignedAsync(RucioCaller caller, string secret, string region, string url)
    {
        var signed = await SignAsync(caller, "BUCKET", "s3", "write", url);
        var time = DateTime.ParseExact(signed.Split("X-Amz-Date=")[1][..16], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        Assert.That(signed, Is.EqualTo(S3Signature.Presign("PUT", new Uri(url), "AK", secret, region, time, 600)));
    }

    private static async Task<string> SignAsync(RucioCaller caller, string rse, string service, string operation, string url)
    {
        var answer = await CallAsync(caller, rse, service, operation, url);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Body);
        return answer.Body;
    }

    private static Task<RucioAnswer> CallAsync(RucioCaller caller, string rse, string service, string operation, string url) =>
        caller.CallAsync("GET", $"/credentials/signurl?rse={rse}&svc={service}&op={operation}&url={Uri.EscapeDataString(url)}");
}
