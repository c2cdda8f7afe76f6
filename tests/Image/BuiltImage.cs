using System.Diagnostics;
using System.Text.Json.Nodes;
using RucioOperator.Image;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Image;

/// <summary>What <c>image/build</c> made for this machine on the test's base, and pushed to a stand-in registry.</summary>
internal sealed class BuiltImage
{
    public const string Created = "1767225600";

    private BuiltImage(ImageArchive archive, string output) => (Archive, Output) = (archive, output);

    public ImageArchive Archive { get; }

    public string Output { get; }

    public JsonObject Manifest => Archive.Json(Archive.Manifests[0]);

    public JsonObject Config => Archive.Json(Manifest["config"]);

    public IEnumerable<(string Name, byte[]? Content)> Files(int layer) => Tree.Entries(Archive.Blob(Manifest["layers"]![layer]));

    public static async Task<BuiltImage> MakeAsync(StandInRegistry registry)
    {
        var start = new ProcessStartInfo(Repository.Path("image", "build")) { RedirectStandardOutput = true, RedirectStandardError = true };
        // What this run was started with is none of that build's business.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name is "IMAGE" or "SOURCE_URL").ToList())
            start.Environment.Remove(name);
        start.Environment["ARCHS"] = TestBase.Architecture;
        start.Environment["BASE_IMAGE"] = $"{registry.Host}/{TestBase.Repository}:{TestBase.Tag}";
        start.Environment["REGISTRY"] = $"{registry.Host}/rucio";
        start.Environment["SOURCE_DATE_EPOCH"] = Created;
        using var build = Process.Start(start)!;
        var (output, errors) = (build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync());
        await build.WaitForExitAsync();
        return build.ExitCode == 0
            ? new(ImageArchive.Read(Repository.Path("artifacts", "image", "rucio-operator.tar")), await output)
            : throw new InvalidOperationException($"image/build ended with {build.ExitCode}\n{await output}\n{await errors}");
    }

    /// <summary>All layers, one over the other, as files of root.</summary>
    public void Unpack(string root)
    {
        for (var layer = 0; layer < Manifest["layers"]!.AsArray().Count; layer++)
        {
            foreach (var (name, content) in Files(layer))
            {
                var path = Path.Combine(root, name);
                Directory.CreateDirectory(content is null ? path : Path.GetDirectoryName(path)!);
                if (content is null)
                    continue;
                File.WriteAllBytes(path, content);
                ImageProcess.Share(path);
            }
        }
    }
}
