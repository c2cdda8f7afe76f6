namespace RucioOperator.Desired;

/// <summary>
/// The Python package that decides what accounts may do. Every process that imports Rucio needs it on its
/// PYTHONPATH, the bootstrap Job too: Rucio loads it at the first use of a VO and fails each request without it.
/// </summary>
public static class TenantPolicyPackage
{
    /// <summary>Value of <c>[policy] package-&lt;vo&gt;</c>.</summary>
    public const string Name = "rucio_tenant_policy";

    /// <summary>File name → text, all in one folder named <see cref="Name"/>.</summary>
    public static IReadOnlyDictionary<string, string> Files { get; } =
        new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["__init__.py"] = Read("__init__.py"),
            ["actions.py"] = Read("actions.py"),
            ["naming.py"] = Read("naming.py"),
            ["permission.py"] = Read("permission.py"),
            ["selected.py"] = Read("selected.py"),
        };

    private static string Read(string file) => EmbeddedFile.Read($"Desired/TenantPolicy/{Name}/{file}");
}
