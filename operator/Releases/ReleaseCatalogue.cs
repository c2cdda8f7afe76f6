using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RucioOperator.Releases;

/// <summary>The lines of Rucio this operator knows.</summary>
public static partial class ReleaseCatalogue
{
    /// <summary>Newest first.</summary>
    public static IReadOnlyList<Release> Lines { get; } =
        [.. Load().OrderByDescending(release => release.Line)];

    /// <summary>The line of a version such as <c>41.0.1</c>; an image's own suffix (<c>41.1.1.cms7</c>) is allowed.</summary>
    public static ReleaseLookup Find(string version)
    {
        var known = string.Join(", ", Lines.Select(release => release.Line));
        if (VersionPattern().Match(version) is not { Success: true } match)
            return new(version, null, false, $"\"{version}\" is not a version of Rucio such as {Lines[0].Versions[^1]}; known lines: {known}");
        var line = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return Lines.FirstOrDefault(release => release.Line == line) is { } found
            ? new(version, found, found.Versions.Contains(version), null)
            : new(version, null, false, $"Rucio {line} is not a line this operator knows; known lines: {known}");
    }

    private static IEnumerable<Release> Load()
    {
        var assembly = typeof(ReleaseCatalogue).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("Releases/", StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            yield return JsonSerializer.Deserialize(stream, ReleaseJson.Default.Release)!;
        }
    }

    [GeneratedRegex(@"^([0-9]{1,3})\.[0-9]{1,4}\.[0-9]{1,4}([._-]?[A-Za-z0-9._-]{1,40})?\z")]
    private static partial Regex VersionPattern();
}

/// <param name="Listed">The very version is in the data file; else its line is taken for it.</param>
/// <param name="Error">For the user, naming the known lines; null exactly when <paramref name="Release"/> is there.</param>
public sealed record ReleaseLookup(string Version, Release? Release, bool Listed, string? Error)
{
    [MemberNotNullWhen(true, nameof(Release))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Found => Release is not null;
}
