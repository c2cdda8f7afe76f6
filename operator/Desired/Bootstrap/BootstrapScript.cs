namespace RucioOperator.Desired;

/// <summary>
/// Makes or recognises the catalogue; safe to run again, beside itself, and after any kill. It reads the files named
/// by RUCIO_OVERRIDE_CONFIGS itself, so it is the container's command instead of the image's entry point. Needs a
/// writable temporary folder and the tenant policy on PYTHONPATH.
/// </summary>
public static class BootstrapScript
{
    public const string FileName = "bootstrap.py";

    public static string Text { get; } = EmbeddedFile.Read($"Desired/Bootstrap/{FileName}");
}
