using System.Formats.Tar;
using System.Text.Json.Nodes;

namespace RucioOperator.Image;

/// <summary>An OCI layout in one tar file, as a whole in memory: an image of this size fits.</summary>
/// <param name="Blobs">By digest.</param>
/// <param name="Entry">The one descriptor of index.json: an index of platforms, or a manifest.</param>
internal sealed record ImageArchive(IReadOnlyDictionary<string, byte[]> Blobs, JsonObject Entry)
{
    private const string BlobFolder = "blobs/sha256/";

    public static ImageArchive Read(string path)
    {
        var (blobs, index) = (new Dictionary<string, byte[]>(), default(JsonNode));
        using var file = File.OpenRead(path);
        using var tar = new TarReader(file);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                continue;
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            if (entry.Name == "index.json")
                index = JsonNode.Parse(content.ToArray());
            else if (entry.Name.StartsWith(BlobFolder, StringComparison.Ordinal))
                blobs[$"sha256:{entry.Name[BlobFolder.Length..]}"] = content.ToArray();
        }
        var wrong = blobs.FirstOrDefault(blob => Oci.DigestOf(blob.Value) != blob.Key).Key;
        return wrong is not null ? throw new InvalidDataException($"{path}: {wrong} is not what its name says")
            : index?["manifests"] is JsonArray { Count: 1 } manifests ? new(blobs, manifests[0]!.AsObject())
            : throw new InvalidDataException($"{path}: expected an OCI layout with one image");
    }

    public byte[] Blob(JsonNode? descriptor) => Blobs.TryGetValue(descriptor.Required("digest"), out var content) ? content : throw new InvalidDataException($"{descriptor.Required("digest")} is not in the archive");

    public JsonObject Json(JsonNode? descriptor) => JsonNode.Parse(Blob(descriptor))!.AsObject();

    /// <summary>Descriptors of the manifests, one a platform.</summary>
    public IReadOnlyList<JsonObject> Manifests =>
        Entry.Required("mediaType") == Oci.Index ? [.. Json(Entry)["manifests"]!.AsArray().Select(manifest => manifest!.AsObject())] : [Entry];

    /// <summary>The same bytes for the same content: names sorted, one time, no owner.</summary>
    public void Write(string path, DateTimeOffset time)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var file = File.Create(path);
        using var tar = new TarWriter(file, TarEntryFormat.Ustar);
        Add("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray());
        Add("index.json", Oci.Bytes(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = Oci.Index, ["manifests"] = new JsonArray(Entry.DeepClone()) }));
        Add("manifest.json", Oci.Bytes(ForDockerLoad()));
        foreach (var (digest, content) in Blobs.OrderBy(blob => blob.Key, StringComparer.Ordinal))
            Add(BlobFolder + digest["sha256:".Length..], content);

        void Add(string name, byte[] content) =>
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { ModificationTime = time, Mode = Tree.File, DataStream = new MemoryStream(content) });
    }

    // Engines without containerd's store read this file and take one platform: the first.
    private JsonArray ForDockerLoad()
    {
        var manifest = Json(Manifests[0]);
        var name = Entry["annotations"]?["io.containerd.image.name"]?.GetValue<string>();
        return [new JsonObject
        {
            ["Config"] = PathOf(manifest["config"]),
            ["RepoTags"] = name is null ? new JsonArray() : new JsonArray(name),
            ["Layers"] = new JsonArray([.. manifest["layers"]!.AsArray().Select(layer => JsonValue.Create(PathOf(layer)))]),
        }];

        static string PathOf(JsonNode? descriptor) => BlobFolder + descriptor.Required("digest")["sha256:".Length..];
    }
}
