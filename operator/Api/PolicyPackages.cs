namespace RucioOperator.Api;

/// <summary>
/// A Python package that VOs of this instance may have decide about their data instead of the tenant policy. It runs in the
/// processes all VOs share: whoever names it here vouches for its code.
/// </summary>
public sealed record PolicyPackageSpec
{
    public string Name { get; set; } = "";

    /// <summary>Such as <c>cms_rucio_policy</c>; has a module <c>permission</c>.</summary>
    public string Module { get; set; } = "";

    /// <summary>By digest, so that what was checked is what runs; has <c>cp</c>.</summary>
    public string? Image { get; init; }

    /// <summary>Folder in the image from where the module can be imported.</summary>
    public string Path { get; set; } = "/policy";

    /// <summary>Each key is a file of the module's folder.</summary>
    public LocalRef? ConfigMapRef { get; init; }

    /// <summary>Absent: every namespace the instance allows.</summary>
    public IReadOnlyList<string>? AllowedNamespaces { get; init; }

    public bool Allows(string ns) => AllowedNamespaces is null || AllowedNamespaces.Contains(ns, StringComparer.Ordinal);
}

public sealed record PolicyPackageStatus
{
    public string Name { get; set; } = "";

    /// <summary>Imported with the image of the release that runs; only such a package is used.</summary>
    public bool? Checked { get; init; }

    /// <summary>Tags of the VOs whose actions it decides, in every process.</summary>
    public IReadOnlyList<string>? Vos { get; init; }
}
