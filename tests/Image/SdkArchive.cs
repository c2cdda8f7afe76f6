using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using RucioOperator.Image;

namespace RucioOperator.Tests.Image;

/// <summary>An archive as the SDK's container tasks write it: times of the moment, everything executable, one layer on top of the base.</summary>
internal static class SdkArchive
{
    public static readonly byte[] Base = Layer(DateTimeOffset.UnixEpoch, ("etc/passwd", "app:x:1654:1654::/:/bin/false\n"));

    public static ImageArchive Of(string architecture, DateTimeOffset moment, params (string Name, string Content)[] files)
    {
        var blobs = new Dictionary<string, byte[]>();
        var program = Layer(moment, files);
        var config = new JsonObject
        {
            ["created"] = moment.ToString("o"),
            ["architecture"] = architecture,
            ["os"] = "linux",
            ["config"] = new JsonObject { ["User"] = "1654", ["Entrypoint"] = new JsonArray("/app/rucio-operator"), ["Labels"] = new JsonObject { ["org.opencontainers.image.version"] = "0.1.0" } },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray("sha256:" + new string('b', 64), "sha256:" + new string('a', 64)) },
            ["history"] = new JsonArray(new JsonObject { ["created"] = "2026-01-01T00:00:00Z", ["created_by"] = "base" }, new JsonObject { ["created"] = moment.ToString("o"), ["author"] = ".NET SDK" }),
        };
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Oci.Manifest,
            ["config"] = Keep(Oci.Config, Oci.Bytes(config)),
            ["layers"] = new JsonArray(Keep(Oci.Layer, Base), Keep(Oci.Layer, program)),
        };
        return new(blobs, Keep(Oci.Manifest, Oci.Bytes(manifest)));

        JsonObject Keep(string mediaType, byte[] content)
        {
            blobs[Oci.DigestOf(content)] = content;
            return Oci.Descriptor(mediaType, content);
        }
    }

    private static byte[] Layer(DateTimeOffset moment, params (string Name, string Content)[] files)
    {
        using var layer = new MemoryStream();
        using (var gzip = new GZipStream(layer, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "app") { ModificationTime = moment });
            foreach (var (name, content) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { ModificationTime = moment, Mode = (UnixFileMode)0b111_101_101, DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }
        return layer.ToArray();
    }
}
