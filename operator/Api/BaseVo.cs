namespace RucioOperator.Api;

/// <summary>
/// Rucio's VO <c>def</c>: the home of <c>super_root</c> in a multi-VO Rucio, the one experiment in a single-VO one. Its
/// accounts and scopes are stored bare, those of every other VO as <c>name@tag</c> (lib/rucio/common/types.py).
/// </summary>
public static class BaseVo
{
    public const string Tag = "def";

    public static string Internal(string name, string tag) => tag == Tag ? name : $"{name}@{tag}";
}
