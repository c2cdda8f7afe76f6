using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>
/// A new login of the account that rules this Rucio, asked for by annotation or by age: mapped and tried beside the one in
/// use, which goes when the Secret names the new one. Each VO's pass does the same for its root.
/// </summary>
internal static class RootRotationStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var (now, account, key) = (work.Now, work.Instance.Spec.RootAccount, new ObjectKey(work.Names.Namespace, work.Names.SuperRoot));
        var logins = new RootLogins(work.Parts.Secrets, work.Parts.Time);
        var login = work.SuperRoot.IsDue(work.Instance, now) ? await logins.BeginAsync(key, work.Instance, InputsStage.NewSuperRoot, ct) : work.SuperRoot;
        if (login.Next is { } next)
        {
            var writer = work.Connection.Writer;
            await writer.SetPasswordAsync(next.Username, next.Password, account, ct);
            await writer.MapToSuperRootAsync(account, next.Username, ct);
            var credential = new RucioCredential(next.Username, next.Password, account, BaseVo.Tag);
            await work.Connection.TryLoginAsync(credential, work.Parts.Time, ct);
            login = await logins.FinishAsync(key, login, ct);
            work.Inputs = work.Inputs with { SuperRoot = new DatabaseLogin(login.Username, login.Password) };
            work.Connection.UseSuperRoot(credential);
            work.Snapshot = await work.Connection.RefreshAsync(now, ct);
            await CredentialsStage.CloseAsync(work, ct);
            await work.Parts.Events.NormalAsync(work.Instance, "RootCredentialRotated", "Rotate", $"The operator opens {account} with a new login; the one before is dead", ct);
        }
        work.SuperRoot = login;
        Tell(work, login.Token);
        return null;
    }

    /// <summary>Of a Rucio that somebody else runs: its own account is in that one's care, roots of its VOs are ours where we are super_root.</summary>
    public static Task<Outcome?> TellExternalAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.External!.Reach == VoReach.SuperRoot)
        {
            Tell(work, RootLogin.Wanted(work.Instance));
        }
        else if (RootLogin.Wanted(work.Instance) is not null || work.Instance.Spec.Tenancy?.RootCredentialMaxAge is not null)
        {
            work.Report.False(InstanceConditions.RootCredentialsRotated, "NotOurs", "the operator works with the account of spec.external.credentialsSecretRef alone: change its password in that Rucio and in the Secret");
        }
        return Task.FromResult<Outcome?>(null);
    }

    private static void Tell(InstanceWork work, string? own)
    {
        if (RootLogin.Wanted(work.Instance) is not { } wanted)
        {
            return;
        }
        var left = work.Vos.Where(v => v.Status?.Tag is { } tag && tag != BaseVo.Tag && v.Status.LastHandledRootRotation != wanted).Select(v => ObjectKey.Of(v).ToString()).Order(StringComparer.Ordinal).ToList();
        if (own == wanted && left.Count == 0)
        {
            work.RotatedRoots = wanted;
            work.Report.True(InstanceConditions.RootCredentialsRotated, "Rotated", $"Every login of {work.Instance.Spec.RootAccount} and of root in any VO is newer than rotation {wanted}; those before are dead");
        }
        else
        {
            work.Report.False(InstanceConditions.RootCredentialsRotated, "Rotating", left.Count == 0 ? "The login in use is not replaced yet" : $"{left.Count} VOs have not replaced the login of their root yet, the first is {left[0]}: see its conditions");
        }
    }
}
