using System.Globalization;
using System.Text.Json.Nodes;

namespace RucioOperator.Image;

/// <summary>An image in a few lines: what it is called, and each platform with what is pulled.</summary>
internal static class Description
{
    public static string Of(ImageArchive archive)
    {
        var name = archive.Entry["annotations"]?["io.containerd.image.name"]?.GetValue<string>() ?? "(no name)";
        return string.Join('\n', [$"{name}@{archive.Entry.Required("digest")}", .. archive.Manifests.Select(manifest => Platform(archive, manifest))]);
    }

    private static string Platform(ImageArchive archive, JsonObject descriptor)
    {
        var manifest = archive.Json(descriptor);
        var config = archive.Json(manifest["config"]);
        var sizes = manifest["layers"]!.AsArray().Select(layer => layer!["size"]!.GetValue<long>()).ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"  {config.Required("os")}/{config.Required("architecture")}  user {config["config"]?["User"]}  {sizes.Sum() / 1048576.0:f1} MiB to pull, {sizes[^1] / 1048576.0:f1} of it the program  {descriptor.Required("digest")}");
    }
}
