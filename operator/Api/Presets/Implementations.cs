namespace RucioOperator.Api.Presets;

/// <summary>
/// Rucio imports whatever module an implementation names, in servers and daemons that all VOs share (lib/rucio/rse/rsemanager.py,
/// create_protocol): so this is a closed list, of what 38, 40 and 41 have.
/// </summary>
public static class Implementations
{
    private const string Folder = "rucio.rse.protocols.";
    private static readonly string[] Gfal = [Folder + "gfal.Default", Folder + "gfal.NoRename"];
    private static readonly string[] Http = [.. Gfal, Folder + "webdav.Default", Folder + "webdav.NoRename"];

    /// <summary>Those that know a scheme of Rucio's.</summary>
    public static IReadOnlyList<string> Of(string scheme) => scheme switch
    {
        "davs" or "https" or "http" => Http,
        "root" => [.. Gfal, Folder + "xrootd.Default"],
        "srm+https" => Gfal,
        "storm" => [Folder + "storm.Default"],
        "file" => [Folder + "posix.Default", Folder + "posix.Symlink"],
        _ => [],
    };
}
