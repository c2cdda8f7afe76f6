namespace RucioOperator.Desired;

/// <summary>Files that travel inside the assembly under their path in the project.</summary>
internal static class EmbeddedFile
{
    public static string Read(string path)
    {
        using var stream = typeof(EmbeddedFile).Assembly.GetManifestResourceStream(path)
            ?? throw new InvalidOperationException($"{path} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
