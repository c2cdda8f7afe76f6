using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Image;

/// <summary>CycloneDX 1.6 of the program: a NativeAOT binary has no list of assemblies that a scanner could read. Pure.</summary>
internal static class BillOfMaterials
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(string name, string version, DateTimeOffset created, string? baseImage, IReadOnlyList<RestoredPackages> restored)
    {
        var self = $"pkg:generic/{name}@{version}";
        // Each architecture has its own runtime packs; all else they share.
        var packages = restored.SelectMany(one => one.Packages).DistinctBy(package => package.Url).OrderBy(package => package.Url, StringComparer.Ordinal).ToList();
        var direct = restored.SelectMany(one => one.Direct).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var urls = packages.ToDictionary(package => package.Name, package => package.Url, StringComparer.OrdinalIgnoreCase);
        var isNeeded = packages.SelectMany(package => package.Needs).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var own = packages.Where(package => direct.Contains(package.Name) || !isNeeded.Contains(package.Name)).Select(package => package.Url);
        var components = new JsonArray([.. packages.Select(Component)]);
        if (baseImage is not null)
            components.Add(Base(baseImage));
        var dependencies = new JsonArray(Dependency(self, [.. own, .. baseImage is null ? [] : (string[])[ReferenceOf(baseImage)]]));
        foreach (var package in packages)
            dependencies.Add(Dependency(package.Url, package.Needs.Select(needed => urls[needed])));
        var bill = new JsonObject
        {
            ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json",
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["serialNumber"] = "",
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["timestamp"] = Oci.Text(created),
                ["component"] = new JsonObject { ["type"] = "application", ["bom-ref"] = self, ["name"] = name, ["version"] = version, ["purl"] = self },
            },
            ["components"] = components,
            ["dependencies"] = dependencies,
        };
        // The same content has the same number: a random one would make two builds differ.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(bill.ToJsonString()));
        (hash[6], hash[8]) = ((byte)(hash[6] & 0x0F | 0x80), (byte)(hash[8] & 0x3F | 0x80));
        bill["serialNumber"] = $"urn:uuid:{new Guid(hash.AsSpan(0, 16), bigEndian: true)}";
        return bill.ToJsonString(Layout) + "\n";
    }

    private static JsonNode Component(Package package)
    {
        var component = new JsonObject
        {
            ["type"] = package.Name.Contains(".App.Runtime.", StringComparison.Ordinal) ? "framework" : "library",
            ["bom-ref"] = package.Url,
            ["name"] = package.Name,
            ["version"] = package.Version,
            ["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-512", ["content"] = package.Hash }),
        };
        if (package.License is { } license)
            component["licenses"] = new JsonArray(IsOneLicense(license) ? new JsonObject { ["license"] = new JsonObject { ["id"] = license } } : new JsonObject { ["expression"] = license });
        else if (package.LicenseUrl is { Length: > 0 } url)
            component["licenses"] = new JsonArray(new JsonObject { ["license"] = new JsonObject { ["name"] = "see URL", ["url"] = url } });
        component["purl"] = package.Url;
        return component;
    }

    /// <summary>Its own packages are in the base's own bill of materials.</summary>
    private static JsonObject Base(string image)
    {
        var (name, version) = image.Split('@') is [var before, var digest] ? (before, digest) : image.LastIndexOf(':') is var colon and > 0 ? (image[..colon], image[(colon + 1)..]) : (image, "latest");
        return new() { ["type"] = "container", ["bom-ref"] = ReferenceOf(image), ["name"] = name, ["version"] = version };
    }

    private static string ReferenceOf(string image) => $"base:{image}";

    private static JsonObject Dependency(string of, IEnumerable<string> on) =>
        new() { ["ref"] = of, ["dependsOn"] = new JsonArray([.. on.Order(StringComparer.Ordinal).Select(url => JsonValue.Create(url))]) };

    private static bool IsOneLicense(string expression) => !expression.Contains(' ', StringComparison.Ordinal);
}
