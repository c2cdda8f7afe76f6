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
        work.Snapshot = changed ? await connection.RefreshAsync(work.Now, ct) : work.Snapshot;
        await CloseAsync(work, ct);
        Tell(work);
        return null;
    }

    /// <summary>
    /// Takes away every other way into the account that rules this Rucio: each new VO's root would inherit it. Identities that
    /// were there before this operator stay; once it has been alone, whatever comes is not meant to.
    /// </summary>
    public static async Task CloseAsync(InstanceWork work, CancellationToken ct)
    {
        var (connection, account) = (work.Connection, work.Instance.Spec.RootAccount);
        var def = work.Snapshot!.Vo(BaseVo.Tag);
        string?[] ours = [work.Inputs.SuperRoot.Username, work.SuperRoot.Next?.Username];
        var others = def.Accounts[account].Identities.Where(i => i.Type != "USERPASS" || !ours.Contains(i.Identity)).ToList();
        var foreign = others.Where(i => def.CreatedByOperator || PublishedIdentities.IsPublished(i) || IsOperators(i)).ToList();
        if (foreign.Count > 0)
        {
            foreach (var former in foreign.Where(IsOperators))
            {
                await connection.RetireAsync(former.Identity, BaseVo.Tag, ct);
            }
            await connection.Writer.UnmapFromSuperRootAsync(account, foreign, ct);
            foreach (var identity in foreign)
            {
                await connection.EndSessionsAsync(account, identity.Identity, ct);
            }
            if (foreign.Count(i => !IsOperators(i)) is var strange and > 0)
            {
                await work.Parts.Events.WarningAsync(work.Instance, "IdentityRemoved", "Heal", $"{strange} identities that somebody mapped to {account} were unmapped: it is the operator's alone", ct);
            }
        }
        var alone = others.Count == foreign.Count && !def.CreatedByOperator;
        if (alone)
        {
            await connection.Writer.MarkCreatedAsync(BaseVo.Tag, ct);
        }
        work.Snapshot = foreign.Count > 0 || alone ? await connection.RefreshAsync(work.Now, ct) : work.Snapshot;
    }

    /// <summary>Also of an operator before us: a re-created cluster has new Secrets, and the old ones must be dead.</summary>
    private static bool IsOperators(ObservedIdentity identity) => identity.Type == "USERPASS" && identity.Identity.StartsWith(InputsStage.OperatorIdentity, StringComparison.Ordinal);

    private static void Tell(InstanceWork work)
    {
        var open = PublishedIdentities.Open(work.Snapshot!).ToList();
        if (open.Count > 0)
        {
            work.Report.False(InstanceConditions.CredentialsSafe, "PublishedIdentity", $"{open.Count} published identities can log in, the first as {open[0].Account} of VO {open[0].Vo}; the VO's own pass removes it");
        }
        else
        {
            var others = work.Snapshot!.Vo(BaseVo.Tag) is { CreatedByOperator: false } def ? def.Accounts[work.Instance.Spec.RootAccount].Identities.Count - 1 : 0;
            work.Report.True(InstanceConditions.CredentialsSafe, "NoPublishedIdentity", others <= 0 ? "No published identity is mapped to any account"
                : $"No published identity is mapped to any account; {others} identities that were there before this operator open {work.Instance.Spec.RootAccount}, too: unmap them in Rucio, and it keeps them out");
        }
    }
}
