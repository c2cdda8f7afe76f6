using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace RucioOperator.Image;

/// <summary>A package that is in the program.</summary>
/// <param name="Hash">SHA-512 of the package file, hexadecimal.</param>
/// <param name="License">An SPDX expression, or the URL that old packages name.</param>
internal sealed record Package(string Name, string Version, string Hash, string? License, string? LicenseUrl, IReadOnlyList<string> Needs)
{
    public string Url => $"pkg:nuget/{Name}@{Version}";
}

/// <summary>What a restore chose, from its project.assets.json: packages whose code is in the program, and the runtime that is compiled in.</summary>
internal sealed record RestoredPackages(IReadOnlyList<Package> Packages, IReadOnlyList<string> Direct)
{
    private const string Framework = "net10.0";

    public static RestoredPackages Read(string assetsFile)
    {
        var assets = JsonNode.Parse(File.ReadAllBytes(assetsFile))!;
        var folder = assets["packageFolders"]!.AsObject().First().Key;
        var target = assets["targets"]!.AsObject().OrderByDescending(entry => entry.Key.Length).FirstOrDefault(entry => entry.Key.StartsWith(Framework, StringComparison.Ordinal)).Value?.AsObject()
            ?? throw new InvalidDataException($"{assetsFile}: was not restored for {Framework}");
        var project = assets["project"]!["frameworks"]![Framework]!;
        var used = target.Where(entry => IsInProgram(entry.Value!)).ToDictionary(entry => entry.Key.Split('/')[0], entry => entry, StringComparer.OrdinalIgnoreCase);
        var packages = used.Values.Select(entry => Read(folder, entry.Key.Split('/')[0], entry.Key.Split('/')[1],
            entry.Value!["dependencies"]?.AsObject().Select(needed => needed.Key).Where(used.ContainsKey) ?? []));
        // With the ahead-of-time compiler the runtime's code is in the program, too: the packs it is taken from.
        var runtime = project["downloadDependencies"]?.AsArray().Select(pack => (Name: pack.Required("name"), Version: pack.Required("version").Trim('[', ']').Split(',')[0]))
            .Where(pack => pack.Name.Contains(".App.Runtime.", StringComparison.Ordinal)).Select(pack => Read(folder, pack.Name, pack.Version, [])) ?? [];
        return new([.. packages.Concat(runtime).OrderBy(package => package.Url, StringComparer.Ordinal)],
            [.. project["dependencies"]!.AsObject().Select(dependency => dependency.Key).Where(used.ContainsKey)]);
    }

    // Compilers, analyzers and build targets bring no assembly along.
    private static bool IsInProgram(JsonNode library) => library["type"]?.GetValue<string>() == "package" && library["runtime"]?.AsObject().Any(file => !file.Key.EndsWith("/_._", StringComparison.Ordinal)) == true;

    private static Package Read(string folder, string name, string version, IEnumerable<string> needs)
    {
        var home = Path.Combine(folder, name.ToLowerInvariant(), version.ToLowerInvariant());
        var hash = Convert.ToHexStringLower(Convert.FromBase64String(File.ReadAllText(Path.Combine(home, $"{name.ToLowerInvariant()}.{version.ToLowerInvariant()}.nupkg.sha512")).Trim()));
        var metadata = XDocument.Load(Path.Combine(home, $"{name.ToLowerInvariant()}.nuspec")).Root!.Elements().First(element => element.Name.LocalName == "metadata");
        var license = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "license" && element.Attribute("type")?.Value == "expression")?.Value.Trim();
        var url = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "licenseUrl")?.Value.Trim();
        return new(name, version, hash, license, license is null ? url : null, [.. needs.Order(StringComparer.Ordinal)]);
    }
}
