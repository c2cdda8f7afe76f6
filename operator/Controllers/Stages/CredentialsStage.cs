using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Proves from the catalogue that nobody else's credential opens this Rucio, and closes what is open.</summary>
internal static class CredentialsStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.OnlyLooks)
        {
            Tell(work);
            return null;
        }
        var (connection, superRoot, account) = (work.Connection, work.Inputs.SuperRoot, work.Instance.Spec.RootAccount);
        var def = work.Snapshot!.Vo(BaseVo.Tag);
        var changed = false;
        if (def.Passwords.GetValueOrDefault(superRoot.Username)?.Matches(superRoot.Password) != true)
        {
            await connection.Writer.SetPasswordAsync(superRoot.Username, superRoot.Password, account, ct);
            changed = true;
        }
        if (!def.Accounts[account].Identities.Any(i => i.Identity == superRoot.Username && i.Type == "USERPASS"))
        {
            await connection.Writer.MapToSuperRootAsync(account, superRoot.Username, ct);
            changed = true;
        }
        // Published ones, and those of an operator before us: a re-created cluster has new Secrets, and the old ones must be dead.
        var foreign = def.Accounts[account].Identities.Where(i => PublishedIdentities.IsPublished(i)
            || i.Type == "USERPASS" && i.Identity.StartsWith(InputsStage.OperatorIdentity, StringComparison.Ordinal) && i.Identity != superRoot.Username).ToList();
        if (foreign.Count > 0)
        {
            await connection.Writer.UnmapFromSuperRootAsync(account, foreign, ct);
            changed = true;
        }
        work.Snapshot = changed ? await connection.RefreshAsync(work.Now, ct) : work.Snapshot;
        Tell(work);
        return null;
    }

    private static void Tell(InstanceWork work)
    {
        var open = PublishedIdentities.Open(work.Snapshot!).ToList();
        if (open.Count > 0)
        {
            work.Report.False(InstanceConditions.CredentialsSafe, "PublishedIdentity", $"{open.Count} published identities can log in, the first as {open[0].Account} of VO {open[0].Vo}; the VO's own pass removes it");
        }
        else
        {
            work.Report.True(InstanceConditions.CredentialsSafe, "NoPublishedIdentity", "No published identity is mapped to any account");
        }
    }
}
