using System.Text;
using System.Text.Json.Nodes;

namespace RucioOperator.Image;

/// <summary>Name and password for a registry: REGISTRY_USER and REGISTRY_PASSWORD, else what <c>docker login</c> wrote; null: none, pushed as nobody.</summary>
internal sealed record RegistryLogin(string User, string Password)
{
    /// <summary>Docker's own name for its hub in that file.</summary>
    private const string Hub = "https://index.docker.io/v1/";

    public string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));

    public static RegistryLogin? Find(string host, Func<string, string?> environment)
    {
        if (environment("REGISTRY_USER") is { Length: > 0 } user)
            return new(user, environment("REGISTRY_PASSWORD") is { Length: > 0 } password ? password : throw new FormatException("REGISTRY_USER is set and REGISTRY_PASSWORD is not"));
        var folder = environment("DOCKER_CONFIG") is { Length: > 0 } named ? named : Path.Combine(environment("HOME") ?? "", ".docker");
        var file = Path.Combine(folder, "config.json");
        if (!File.Exists(file) || JsonNode.Parse(File.ReadAllBytes(file)) is not { } settings)
            return null;
        var key = host == "docker.io" ? Hub : host;
        if (settings["auths"]?[key]?["auth"]?.GetValue<string>() is { Length: > 0 } auth)
            return Encoding.UTF8.GetString(Convert.FromBase64String(auth)).Split(':', 2) is [var name, var secret] ? new(name, secret) : throw new InvalidDataException($"{file}: the entry of {key} has no name and password");
        return settings["credHelpers"]?[key] is not null || settings["credsStore"] is not null && settings["auths"]?[key] is not null
            ? throw new InvalidDataException($"{file} keeps the login of {key} in a credential helper: set REGISTRY_USER and REGISTRY_PASSWORD")
            : null;
    }
}
