using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>One of the instance's policy packages with its content.</summary>
/// <param name="Image">Null: the content is <paramref name="Files"/>.</param>
/// <param name="Path">In the image.</param>
/// <param name="Files">Of the module's folder.</param>
public sealed record PolicyPackage(string Name, string Module, string? Image, string Path, IReadOnlyDictionary<string, string> Files)
{
    public const string Folder = "/opt/rucio/policy-packages";

    /// <summary>On the Secret of a package that was checked: what it was, and with which release.</summary>
    private const string CheckedAnnotation = ApiGroup.Name + "/checked-policy-package";

    /// <summary>Fingerprint under which it was checked; a later release has to check it again.</summary>
    public string CheckedAs { get; init; } = "";

    /// <summary>Of what is imported and by which release: a check holds for exactly that.</summary>
    public string Fingerprint(string version) => Digest.Of($"{version}\n{Content}", 8);

    /// <summary>Of what the pods of a release load.</summary>
    public string Content => Digest.Of(string.Concat(Files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}\0{f.Value}\n").Prepend($"{Module}\0{Image}\0{Path}\n")));

    public static PolicyPackage Of(PolicyPackageSpec spec, IReadOnlyDictionary<string, string>? files) =>
        new(spec.Name, spec.Module, spec.Image, spec.Image is null ? "" : spec.Path, files ?? new Dictionary<string, string>());

    /// <summary>As <see cref="PolicyPackageObjects.Secret"/> holds it; null: there is none, or not one of ours.</summary>
    public static PolicyPackage? Parse(string name, V1Secret? secret)
    {
        if (secret?.Metadata.Annotations is not { } annotations || !annotations.TryGetValue(CheckedAnnotation, out var text) || JsonNode.Parse(text) is not JsonObject said)
        {
            return null;
        }
        var files = (secret.Data ?? new Dictionary<string, byte[]>()).ToDictionary(f => f.Key, f => Encoding.UTF8.GetString(f.Value));
        return new PolicyPackage(name, (string)said["module"]!, (string?)said["image"], (string)said["path"]!, files) { CheckedAs = (string)said["fingerprint"]! };
    }

    public Dictionary<string, string> Annotations => new()
    {
        [CheckedAnnotation] = new JsonObject { ["module"] = Module, ["image"] = Image, ["path"] = Path, ["fingerprint"] = CheckedAs }.ToJsonString(),
    };

}
