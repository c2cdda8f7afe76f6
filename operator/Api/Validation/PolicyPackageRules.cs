using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

internal static class PolicyPackageRules
{
    private const string Path = "spec.policyPackages";

    public static IReadOnlyList<Rule<RucioInstanceSpec>> All { get; } =
    [
        new("policy packages can be told apart", s => s.PolicyPackages.Items(Path).Unique(p => p.Name, "a policy package of this name is listed before")),
        new("policy packages are modules of one source", s => s.PolicyPackages.Items(Path).SelectMany(p => Package(p.Path, p.Item))),
    ];

    private static IEnumerable<FieldError> Package(string path, PolicyPackageSpec p) =>
    [
        .. When(!Forms.GroupName().IsMatch(p.Name) || p.Name.Length > 20, Invalid($"{path}.name", "must have a-z, 0-9 and -, start with a letter, at most 20 characters")),
        .. When(!Forms.PythonModule().IsMatch(p.Module) || p.Module.Length > 100, Invalid($"{path}.module", "must be the name of a Python module, at most 100 characters")),
        .. When(p.Module.Split('.')[0] is "rucio" or "rucio_tenant_policy", Reserved($"{path}.module", "is Rucio's own, or the operator's")),
        .. When(p.Image is null == p.ConfigMapRef is null, Invalid(path, "needs exactly one of: image, configMapRef")),
        .. When(p.Image is { } image && (!Forms.ImageByDigest().IsMatch(image) || image.Length > 512), Invalid($"{path}.image", "must name the image by digest (name@sha256:...), so that what was checked is what runs")),
        .. When(!Forms.Folder().IsMatch(p.Path) || p.Path.Length > 255, Invalid($"{path}.path", "must be the absolute path of a folder")),
        .. When(p.ConfigMapRef is { Name: "" }, Missing($"{path}.configMapRef.name")),
        .. p.AllowedNamespaces.Items($"{path}.allowedNamespaces").Where(n => !Forms.Namespace().IsMatch(n.Item)).Select(n => Invalid(n.Path, "must be the name of a namespace")),
    ];
}
