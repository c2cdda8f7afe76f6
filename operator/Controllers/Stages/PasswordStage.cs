using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The password asked for by annotation: announced while pods roll to it, and the one before made dead when they have.</summary>
internal static class PasswordStage
{
    /// <summary>A daemon's pod may take this long to end after its successor is there (Daemons: terminationGracePeriodSeconds).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Before the pods are looked at.</summary>
    public static Task<Outcome?> AnnounceAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Connection.Rotation is { Retiring: true })
        {
            work.Report.False(InstanceConditions.PasswordRotated, "RollingOut", $"Pods are rolled to login {work.Connection.Access.Owner.Username}; {work.Connection.Access.OtherLogin} works until they have");
        }
        else if (PasswordRotation.Wanted(work.Instance) is not null && work.Connection.Rotation is null)
        {
            work.Report.False(InstanceConditions.PasswordRotated, "NotOurs", $"annotation {ApiGroup.RotatePasswordAnnotation}: {(work.Instance.Spec.Database.CloudNativePG is null ? "this password was not made by the operator; change it in the database and in its Secret" : $"CloudNativePG made this password; change it in Secret {work.Names.Postgres}-app")}, and the pods follow");
        }
        return Task.FromResult<Outcome?>(null);
    }

    /// <summary>All pods run with the new one.</summary>
    public static async Task<Outcome?> RetireAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Connection.Rotation is not { } rotation)
        {
            return null;
        }
        if (work.Connection.RotationProblem is { } problem)
        {
            return Stuck(work, problem);
        }
        if (rotation.Retiring)
        {
            var since = work.Connection.RetiringSince ??= work.Now;
            int open;
            try
            {
                open = await work.Parts.Databases.RetireAsync(work.Instance, work.Connection, terminate: work.Now - since > Patience, ct);
            }
            catch (Exception error) when (error is DatabaseFault or SecretProblem)
            {
                return Stuck(work, (IReportableError)error);
            }
            if (open > 0)
            {
                work.Report.False(InstanceConditions.PasswordRotated, "SessionsOpen", $"The password before is dead; {open} sessions opened with it are left to end, and are ended {Patience.TotalMinutes:0} minutes after the rollout");
                return new Outcome.Requeue(TimeSpan.FromSeconds(5), "SessionsOpen", $"{open} database sessions of the login before are left to end");
            }
            work.Connection.RetiringSince = null;
        }
        if (rotation.Token is not null)
        {
            work.Report.True(InstanceConditions.PasswordRotated, "Rotated", $"Login {work.Connection.Access.Owner.Username} is in use since rotation {rotation.Token}; every password before is dead");
        }
        return null;
    }

    /// <summary>Not Ready, for something that was asked for is not done; what runs goes on.</summary>
    private static Outcome.Blocked Stuck(InstanceWork work, IReportableError problem)
    {
        work.Report.False(InstanceConditions.PasswordRotated, problem.Reason, problem.Report);
        return new Outcome.Blocked(problem.Reason, problem.Report, TimeSpan.FromSeconds(30));
    }
}
