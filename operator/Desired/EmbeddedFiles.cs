using System.Reflection;

namespace RucioOperator.Desired;

/// <summary>Python that ships inside the operator: file name → text.</summary>
public static class EmbeddedFiles
{
    public static IReadOnlyDictionary<string, string> TenantPolicy { get; } = Folder("TenantPolicy.");
    public static IReadOnlyDictionary<string, string> Bootstrap { get; } = Folder("Bootstrap.");

    private static Dictionary<string, string> Folder(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (name.StartsWith(folder, StringComparison.Ordinal))
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                files[name[folder.Length..]] = reader.ReadToEnd();
            }
        }
        return files;
    }
}
