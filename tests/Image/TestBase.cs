using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using RucioOperator.Image;

namespace RucioOperator.Tests.Image;

/// <summary>What a chiseled base has, from this machine's own libraries: no registry with the real one can be reached from everywhere.</summary>
internal static class TestBase
{
    public const string Repository = "base";
    public const string Tag = "1";

    private static readonly string[] Wanted = ["libc.so.6", "libm.so.6", "libssl.so.3", "libcrypto.so.3"];

    public static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    private static string Loader => Architecture == "arm64" ? "/lib/ld-linux-aarch64.so.1" : "/lib64/ld-linux-x86-64.so.2";

    /// <returns>What is missing here, or null.</returns>
    public static string? Missing() => Libraries().FirstOrDefault(library => !File.Exists(library));

    public static void Put(StandInRegistry registry)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var folder in (string[])["proc", "dev", "tmp", "etc"])
                writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)0b111_101_101 });
            Add(writer, "etc/passwd", "root:x:0:0::/:/bin/false\napp:x:1654:1654::/home/app:/bin/false\n"u8.ToArray());
            foreach (var library in Libraries())
                Add(writer, library[1..], File.ReadAllBytes(library));
        }
        var layer = Tree.Compress(tar.ToArray());
        var config = Encoding.UTF8.GetBytes($$$"""
            {"created":"2026-01-01T00:00:00Z","architecture":"{{{Architecture}}}","os":"linux","config":{"User":"1654","Env":["APP_UID=1654","DOTNET_RUNNING_IN_CONTAINER=true"]},
             "rootfs":{"type":"layers","diff_ids":["{{{Oci.DigestOf(tar.ToArray())}}}"]},"history":[{"created":"2026-01-01T00:00:00Z","created_by":"a test"}]}
            """);
        var manifest = Oci.Bytes(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = Oci.Manifest, ["config"] = Oci.Descriptor(Oci.Config, config), ["layers"] = new JsonArray(Oci.Descriptor(Oci.Layer, layer)) });
        var platform = Oci.Descriptor(Oci.Manifest, manifest);
        platform["platform"] = new JsonObject { ["architecture"] = Architecture, ["os"] = "linux" };
        var index = Oci.Bytes(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = Oci.Index, ["manifests"] = new JsonArray(platform) });
        (registry.Blobs[Oci.DigestOf(layer)], registry.Blobs[Oci.DigestOf(config)]) = (layer, config);
        registry.Manifests[$"{Repository}:{Oci.DigestOf(manifest)}"] = (Oci.Manifest, manifest);
        registry.Manifests[$"{Repository}:{Tag}"] = registry.Manifests[$"{Repository}:{Oci.DigestOf(index)}"] = (Oci.Index, index);
    }

    private static IEnumerable<string> Libraries()
    {
        var folder = $"/usr/lib/{(Architecture == "arm64" ? "aarch64" : "x86_64")}-linux-gnu";
        return [Loader, .. Wanted.Select(name => Path.Combine(folder, name))];
    }

    private static void Add(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)0b111_101_101, DataStream = new MemoryStream(content) });
}
