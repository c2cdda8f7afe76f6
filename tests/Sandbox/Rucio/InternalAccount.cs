namespace RucioOperator.Sandbox.Rucio;

/// <summary>An account (or scope) name and its VO; the tables hold `name` in `def` and `name@vo` elsewhere.</summary>
public readonly record struct InternalAccount(string External, string Vo)
{
    public const string BaseVo = "def";

    public string Internal => Vo == BaseVo ? External : $"{External}@{Vo}";

    public bool IsRoot => External == "root";

    public bool IsSuperRoot => Internal == "super_root";

    public static InternalAccount FromInternal(string text) =>
        text.Split('@', 2) is [var name, var vo] ? new(name, vo) : new(text, BaseVo);

    public override string ToString() => Internal;
}
