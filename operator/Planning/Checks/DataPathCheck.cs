using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning.Checks;

/// <summary>Whom the check of the data path works as, and on what.</summary>
public static class DataPathCheck
{
    /// <summary>Account, and the scope it owns.</summary>
    public const string Account = "operator-check";

    private const string Quota = "100Mi";
    private const int MostUnasked = 5;

    /// <summary>The VO's spec with what the check needs in it: so it is made, kept, and closed again like all else.</summary>
    public static VirtualOrganisationSpec Within(VirtualOrganisationSpec spec) => spec.Check is not { DataPath: true } ? spec : spec with
    {
        Accounts = [.. spec.Accounts ?? [], new AccountSpec { Name = Account, Type = AccountType.Service, Identities = [new()], Quotas = [new() { RseExpression = "*", Bytes = Quota }] }],
        Scopes = [.. spec.Scopes ?? [], new ScopeSpec { Name = Account, Owner = Account }],
    };

    /// <summary>Those of the spec that are there, else disks a file can be put on by its name alone.</summary>
    public static IReadOnlyList<string> Storages(CheckSpec check, ObservedVo observed)
    {
        var present = observed.Rses.Values.Where(r => !r.Deleted).OrderBy(r => r.Name, StringComparer.Ordinal);
        return check.Storages is { Count: > 0 } asked
            ? [.. present.Where(r => asked.Contains(r.Name)).Select(r => r.Name)]
            : [.. present.Where(r => r is { Type: "DISK", Deterministic: true, Volatile: false, StagingArea: false, Write: true, Read: true }).Select(r => r.Name).Take(MostUnasked)];
    }
}
