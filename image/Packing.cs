using System.Text.Json.Nodes;

namespace RucioOperator.Image;

/// <summary>One image for all architectures from the SDK's archives of one each. Pure: the same archives and time give the same bytes.</summary>
internal static class Packing
{
    // What holds for the image as a whole is also told of the index.
    private static readonly string[] Told = ["org.opencontainers.image.title", "org.opencontainers.image.description", "org.opencontainers.image.version", "org.opencontainers.image.revision", "org.opencontainers.image.source"];

    public static ImageArchive Pack(IReadOnlyList<ImageArchive> archives, ImageReference name, DateTimeOffset created, string? baseImage)
    {
        var blobs = new Dictionary<string, byte[]>();
        var platforms = archives.SelectMany(archive => archive.Manifests.Select(manifest => Settle(archive, manifest, created, blobs))).OrderBy(platform => platform["platform"].Required("architecture"), StringComparer.Ordinal).ToList();
        if (platforms.Count == 0)
            throw new FormatException("pack: no archive was named");
        if (platforms.Select(platform => platform["platform"].Required("architecture")).Distinct().Count() != platforms.Count)
            throw new InvalidDataException("two archives are for one architecture");
        var annotations = new JsonObject { [Oci.Created] = Oci.Text(created) };
        var labels = JsonNode.Parse(blobs[JsonNode.Parse(blobs[platforms[0].Required("digest")])!["config"].Required("digest")])!["config"]?["Labels"];
        foreach (var label in Told.Where(label => labels?[label] is not null))
            annotations[label] = labels![label]!.DeepClone();
        if (baseImage is not null)
            annotations["org.opencontainers.image.base.name"] = baseImage;
        var index = Oci.Bytes(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = Oci.Index, ["manifests"] = new JsonArray([.. platforms]), ["annotations"] = annotations });
        var entry = Oci.Descriptor(Oci.Index, index);
        entry["annotations"] = new JsonObject { ["io.containerd.image.name"] = name.ToString(), ["org.opencontainers.image.ref.name"] = name.Tag };
        blobs[entry.Required("digest")] = index;
        return new(blobs, entry);
    }

    /// <returns>The descriptor of the settled manifest, with its platform.</returns>
    private static JsonObject Settle(ImageArchive archive, JsonObject descriptor, DateTimeOffset created, Dictionary<string, byte[]> blobs)
    {
        var manifest = archive.Json(descriptor);
        var config = archive.Json(manifest["config"]);
        var layers = manifest["layers"]!.AsArray();
        // The SDK adds exactly one layer to those of the base: the program.
        var tar = Tree.Settled(archive.Blob(layers[^1]), created);
        var program = Tree.Compress(tar);
        layers[^1] = Oci.Descriptor(Oci.Layer, program);
        config["rootfs"]!["diff_ids"]!.AsArray()[^1] = Oci.DigestOf(tar);
        config["created"] = Oci.Text(created);
        config["config"]!["Labels"] ??= new JsonObject();
        config["config"]!["Labels"]![Oci.Created] = Oci.Text(created);
        foreach (var step in config["history"]?.AsArray().Where(step => step?["author"]?.GetValue<string>() == ".NET SDK") ?? [])
            step!["created"] = Oci.Text(created);
        var settled = Oci.Bytes(config);
        manifest["config"] = Oci.Descriptor(Oci.Config, settled);
        var written = Oci.Bytes(manifest);
        foreach (var content in (byte[][])[program, settled, written])
            blobs[Oci.DigestOf(content)] = content;
        foreach (var layer in layers.SkipLast(1))
            blobs[layer.Required("digest")] = archive.Blob(layer);
        var platform = Oci.Descriptor(Oci.Manifest, written);
        platform["platform"] = new JsonObject { ["architecture"] = config.Required("architecture"), ["os"] = config.Required("os") };
        return platform;
    }
}
