namespace RucioOperator.Image;

/// <summary>Where an image lives: <c>ghcr.io/org/rucio-operator:0.1.0</c>.</summary>
/// <param name="Host">Docker's rule: what comes before the first slash, if it has a dot or a port or is localhost; else Docker Hub.</param>
internal sealed record ImageReference(string Host, string Repository, string Tag)
{
    private const string Hub = "docker.io";

    public static ImageReference Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var hasHost = slash > 0 && (text[..slash].IndexOfAny(['.', ':']) >= 0 || text[..slash] == "localhost");
        var (host, rest) = hasHost ? (text[..slash], text[(slash + 1)..]) : (Hub, slash > 0 ? text : $"library/{text}");
        if (rest.Split(':') is not [{ Length: > 0 } repository, { Length: > 0 } tag] || rest.Contains('@', StringComparison.Ordinal) || rest != rest.ToLowerInvariant() && repository != repository.ToLowerInvariant())
            throw new FormatException($"'{text}': expected HOST/NAME:TAG, the name in lower case");
        return new(host, repository, tag);
    }

    /// <summary>As containerd stores it.</summary>
    public override string ToString() => $"{Host}/{Repository}:{Tag}";
}
