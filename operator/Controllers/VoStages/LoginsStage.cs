using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.VoStages;

/// <summary>
/// Generated logins that open nothing any more go: of accounts that left the spec, are suspended, or log in otherwise now.
/// One that comes back gets another password.
/// </summary>
internal static class LoginsStage
{
    public static VoStage Stage { get; } = new(VoConditions.AccountsReady, RunAsync);

    private static async Task<Outcome?> RunAsync(VoWork work, CancellationToken ct)
    {
        if (!work.MayAct || !work.Report.IsTrue(VoConditions.AccountsReady) || work.Desired is not { } desired)
        {
            return null;
        }
        var needed = desired.Accounts.Where(a => desired.Passwords.ContainsKey(a.Name)).Select(a => LoginNames.Secret(work.Vo.Metadata.Name, a.Name)).ToHashSet(StringComparer.Ordinal);
        var own = VoLogins.LabelsOf(work.Instance, desired.Spec.Tag);
        foreach (var key in work.Parts.Secrets.Find(work.Vo.Metadata.NamespaceProperty, own).Where(k => !needed.Contains(k.Name)))
        {
            // Labels are the tenant's to set: only what says itself that it is a login of this VO is taken for one.
            if (await work.Parts.Secrets.FindAsync(key, ct) is { } secret && secret.GetValueOrDefault("vo") == desired.Spec.Tag && secret.ContainsKey("username") && secret.ContainsKey("account"))
            {
                await work.Parts.Secrets.DeleteAsync(key, ct);
            }
        }
        return null;
    }
}
