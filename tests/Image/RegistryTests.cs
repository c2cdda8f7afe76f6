using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Image;

namespace RucioOperator.Tests.Image;

public sealed class RegistryTests
{
    private static readonly DateTimeOffset Commit = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly byte[] Bill = """{"bomFormat":"CycloneDX"}"""u8.ToArray();

    [Test]
    public async Task All_that_belongs_to_an_image_is_pushed_and_its_tag_last()
    {
        await using var server = await StandInRegistry.StartAsync();
        var image = Image(server);
        var digest = await PushAsync(server, image, null);
        Assert.Multiple(() =>
        {
            Assert.That(Pulled(server, "0.1.0"), Is.EqualTo(image.Blob(image.Entry)));
            Assert.That(digest, Is.EqualTo(image.Entry.Required("digest")));
            Assert.That(server.Asked.Last(), Is.EqualTo("PUT /v2/rucio/rucio-operator/manifests/0.1.0"));
            Assert.That(server.Blobs.Keys.Concat(server.Manifests.Keys.Select(key => key["rucio/rucio-operator:".Length..])), Is.SupersetOf(image.Blobs.Keys));
        });
    }

    [Test]
    public async Task What_the_registry_has_is_not_sent_again()
    {
        await using var server = await StandInRegistry.StartAsync();
        await PushAsync(server, Image(server), null);
        server.Asked.Clear();
        await PushAsync(server, Image(server), null);
        Assert.That(server.Asked, Has.None.StartsWith("POST"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_bill_of_materials_refers_to_the_image(bool registryKeepsAList)
    {
        await using var server = await StandInRegistry.StartAsync(knowsReferrers: registryKeepsAList);
        var digest = await PushAsync(server, Image(server), Bill);
        var referrer = server.Manifests.Values.Select(manifest => JsonNode.Parse(manifest.Content)!).Single(manifest => manifest["subject"] is not null);
        Assert.Multiple(() =>
        {
            Assert.That(referrer["subject"].Required("digest"), Is.EqualTo(digest));
            Assert.That(referrer.Required("artifactType"), Is.EqualTo("application/vnd.cyclonedx+json"));
            Assert.That(server.Blobs[referrer["layers"]![0].Required("digest")], Is.EqualTo(Bill));
            Assert.That(server.Manifests.ContainsKey($"rucio/rucio-operator:{digest.Replace(':', '-')}"), Is.EqualTo(!registryKeepsAList), "else the client keeps it");
        });
    }

    [Test]
    public async Task A_login_is_turned_into_a_token()
    {
        await using var server = await StandInRegistry.StartAsync("robot:secret");
        await PushAsync(server, Image(server), Bill, new("robot", "secret"));
        Assert.That(Pulled(server, "0.1.0"), Is.Not.Empty);
    }

    [Test]
    public async Task Who_may_not_push_is_told_what_to_set_and_no_password()
    {
        await using var server = await StandInRegistry.StartAsync("robot:secret");
        Assert.Multiple(() =>
        {
            Assert.That(() => PushAsync(server, Image(server), null, new("robot", "wrong-one")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("gives no token").And.Message.Not.Contains("wrong-one"));
            Assert.That(() => PushAsync(server, Image(server), null), Throws.TypeOf<InvalidDataException>().With.Message.Contains("no token"));
        });
    }

    [Test]
    public void The_login_comes_from_the_environment_or_dockers_file()
    {
        var home = Directory.CreateTempSubdirectory("rucio-login-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(home, "config.json"), """{"auths":{"r.example.org":{"auth":"cm9ib3Q6c2VjcmV0"},"h.example.org":{}},"credsStore":"desktop"}""");
            Assert.Multiple(() =>
            {
                Assert.That(Find("r.example.org"), Is.EqualTo(new RegistryLogin("robot", "secret")));
                Assert.That(Find("r.example.org", ("REGISTRY_USER", "me"), ("REGISTRY_PASSWORD", "mine")), Is.EqualTo(new RegistryLogin("me", "mine")));
                Assert.That(Find("elsewhere.example.org"), Is.Null);
                Assert.That(() => Find("h.example.org"), Throws.TypeOf<InvalidDataException>().With.Message.Contains("credential helper"));
                Assert.That(() => Find("r.example.org", ("REGISTRY_USER", "me")), Throws.TypeOf<FormatException>());
            });
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }

        RegistryLogin? Find(string host, params (string Name, string Value)[] environment) =>
            RegistryLogin.Find(host, name => name == "DOCKER_CONFIG" ? home : environment.FirstOrDefault(entry => entry.Name == name).Value);
    }

    private static ImageArchive Image(StandInRegistry server) => Packing.Pack(
        [SdkArchive.Of("amd64", DateTimeOffset.UnixEpoch, ("app/rucio-operator", "one")), SdkArchive.Of("arm64", DateTimeOffset.UnixEpoch, ("app/rucio-operator", "two"))], Target(server), Commit, null);

    private static ImageReference Target(StandInRegistry server) => ImageReference.Parse($"{server.Host}/rucio/rucio-operator:0.1.0");

    private static async Task<string> PushAsync(StandInRegistry server, ImageArchive image, byte[]? bill, RegistryLogin? login = null)
    {
        using var registry = new Registry(Target(server), login);
        return await registry.PushAsync(image, bill, CancellationToken.None);
    }

    private static byte[] Pulled(StandInRegistry server, string tag) => server.Manifests[$"rucio/rucio-operator:{tag}"].Content;
}
