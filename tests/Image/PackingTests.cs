using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Image;

namespace RucioOperator.Tests.Image;

public sealed class PackingTests
{
    private const string Program = "\u007fELF program";
    private static readonly DateTimeOffset Commit = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Morning = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly ImageReference Name = ImageReference.Parse("registry.example.org/rucio/rucio-operator:0.1.0");

    private string _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("rucio-image-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Two_builds_of_one_program_are_the_same_bytes()
    {
        (string, string)[] there = [("app/rucio-operator", Program), ("app/rucio-operator.cdx.json", "{}")];
        Write("one", Pack(SdkArchive.Of("amd64", Morning, there)));
        Write("two", Pack(SdkArchive.Of("amd64", Morning.AddHours(1), [.. there.Reverse()])));
        Assert.That(File.ReadAllBytes(Archive("one")), Is.EqualTo(File.ReadAllBytes(Archive("two"))));
    }

    [Test]
    public void Another_program_or_time_is_another_image() => Assert.That(
        new[] { Pack(SdkArchive.Of("amd64", Morning, ("app/rucio-operator", Program))), Pack(SdkArchive.Of("amd64", Morning, ("app/rucio-operator", Program + "2"))), Packing.Pack([SdkArchive.Of("amd64", Morning, ("app/rucio-operator", Program))], Name, Commit.AddSeconds(1), null) }
            .Select(archive => archive.Entry.Required("digest")), Is.Unique);

    [Test]
    public void Architectures_become_one_index_whatever_their_order()
    {
        var (amd64, arm64) = (SdkArchive.Of("amd64", Morning, ("app/rucio-operator", Program)), SdkArchive.Of("arm64", Morning, ("app/rucio-operator", Program + " arm")));
        var packed = Pack(arm64, amd64);
        Assert.Multiple(() =>
        {
            Assert.That(packed.Manifests.Select(manifest => $"{manifest["platform"]!["os"]}/{manifest["platform"]!["architecture"]}"), Is.EqualTo(new[] { "linux/amd64", "linux/arm64" }));
            Assert.That(Pack(amd64, arm64).Entry.ToJsonString(), Is.EqualTo(packed.Entry.ToJsonString()));
            Assert.That(packed.Blobs.Keys, Does.Contain(Oci.DigestOf(SdkArchive.Base)), "what the base brings stays as it is");
            Assert.That(() => Pack(amd64, amd64), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("two archives are for one architecture"));
        });
    }

    [Test]
    public void Names_times_and_digests_say_what_is_there()
    {
        var packed = Pack(SdkArchive.Of("amd64", Morning, ("app/rucio-operator", Program), ("app/rucio-operator.cdx.json", "{}")));
        var manifest = packed.Json(packed.Manifests[0]);
        var config = packed.Json(manifest["config"]);
        var program = packed.Blob(manifest["layers"]![1]);
        using var tar = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(program), CompressionMode.Decompress))
            gzip.CopyTo(tar);
        Assert.Multiple(() =>
        {
            Assert.That(packed.Entry["annotations"]!["io.containerd.image.name"]!.GetValue<string>(), Is.EqualTo("registry.example.org/rucio/rucio-operator:0.1.0"));
            Assert.That(packed.Json(packed.Entry)["annotations"]!.ToJsonString(), Is.EqualTo("""{"org.opencontainers.image.created":"2026-03-01T12:00:00Z","org.opencontainers.image.version":"0.1.0","org.opencontainers.image.base.name":"base:1"}"""));
            Assert.That(config.Required("created"), Is.EqualTo("2026-03-01T12:00:00Z"));
            Assert.That(config["history"]!.AsArray().Select(step => step.Required("created")), Is.EqualTo(new[] { "2026-01-01T00:00:00Z", "2026-03-01T12:00:00Z" }));
            Assert.That(config["config"]!["Labels"].Required(Oci.Created), Is.EqualTo("2026-03-01T12:00:00Z"));
            Assert.That(config["rootfs"]!["diff_ids"]![1]!.GetValue<string>(), Is.EqualTo(Oci.DigestOf(tar.ToArray())));
        });
    }

    [Test]
    public void Files_are_roots_and_only_programs_are_executable()
    {
        var packed = Pack(SdkArchive.Of("amd64", Morning, ("app/rucio-operator", Program), ("app/rucio-operator.cdx.json", "{}")));
        var entries = Entries(packed.Blob(packed.Json(packed.Manifests[0])["layers"]![1])).ToList();
        Assert.That(entries.Select(entry => $"{Convert.ToString((int)entry.Mode, 8)} {entry.Uid}:{entry.Gid} {entry.ModificationTime.UtcDateTime:s} {entry.Name.TrimEnd('/')}"), Is.EqualTo(new[]
        {
            "755 0:0 2026-03-01T12:00:00 app",
            "755 0:0 2026-03-01T12:00:00 app/rucio-operator",
            "644 0:0 2026-03-01T12:00:00 app/rucio-operator.cdx.json",
        }));
    }

    [Test]
    public void An_archive_is_read_as_it_was_written_and_one_with_a_wrong_blob_is_refused()
    {
        var packed = Pack(SdkArchive.Of("amd64", Morning, ("app/rucio-operator", Program)));
        Write("good", packed);
        Write("bad", packed with { Blobs = packed.Blobs.ToDictionary(blob => blob.Key, blob => blob.Key == Oci.DigestOf(SdkArchive.Base) ? [1] : blob.Value) });
        Assert.Multiple(() =>
        {
            Assert.That(ImageArchive.Read(Archive("good")).Blobs, Is.EquivalentTo(packed.Blobs));
            Assert.That(() => ImageArchive.Read(Archive("bad")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("is not what its name says"));
        });
    }

    [Test]
    public void Engines_that_read_no_index_find_the_first_platform()
    {
        Write("image", Pack(SdkArchive.Of("arm64", Morning, ("app/rucio-operator", "arm")), SdkArchive.Of("amd64", Morning, ("app/rucio-operator", Program))));
        var packed = ImageArchive.Read(Archive("image"));
        using var tar = new TarReader(File.OpenRead(Archive("image")));
        JsonNode? list = null;
        while (tar.GetNextEntry(copyData: true) is { } entry)
            list = entry.Name == "manifest.json" ? JsonNode.Parse(entry.DataStream!) : list;
        Assert.Multiple(() =>
        {
            Assert.That(list![0]!["RepoTags"]![0]!.GetValue<string>(), Is.EqualTo(Name.ToString()));
            Assert.That(packed.Json(new JsonObject { ["digest"] = list![0].Required("Config").Replace("blobs/sha256/", "sha256:", StringComparison.Ordinal) }).Required("architecture"), Is.EqualTo("amd64"));
        });
    }

    [TestCase("rucio-operator:dev", "docker.io/library/rucio-operator:dev")]
    [TestCase("team/rucio-operator:dev", "docker.io/team/rucio-operator:dev")]
    [TestCase("localhost/rucio-operator:dev", "localhost/rucio-operator:dev")]
    [TestCase("r.example.org:5000/a/b:1", "r.example.org:5000/a/b:1")]
    public void A_name_is_read_as_engines_read_it(string text, string full) => Assert.That(ImageReference.Parse(text).ToString(), Is.EqualTo(full));

    [TestCase("rucio-operator")]
    [TestCase("Rucio:dev")]
    [TestCase("a:b:c")]
    [TestCase("a@sha256:b")]
    public void A_name_without_tag_or_in_capitals_is_refused(string text) => Assert.That(() => ImageReference.Parse(text), Throws.TypeOf<FormatException>());

    private static ImageArchive Pack(params ImageArchive[] archives) => Packing.Pack(archives, Name, Commit, "base:1");

    private void Write(string name, ImageArchive archive) => archive.Write(Archive(name), Commit);

    private string Archive(string name) => Path.Combine(_folder, name + ".tar");

    private static IEnumerable<TarEntry> Entries(byte[] layer)
    {
        using var tar = new TarReader(new GZipStream(new MemoryStream(layer), CompressionMode.Decompress));
        while (tar.GetNextEntry(copyData: true) is { } entry)
            yield return entry;
    }
}
