using RucioOperator.Catalogue;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor;

/// <summary>One thing to look at, of one resource or of the installation.</summary>
/// <param name="Name">See <see cref="Finding.Check"/>.</param>
public sealed record Check(string About, string Name, Func<Notes, CancellationToken, Task> LookAsync)
{
    private const int AtOnce = 8;

    /// <summary>For one check with all its servers: each call has its own, shorter one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>In the order of the checks, whatever the order in which servers answer.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(IReadOnlyList<Check> checks, TimeProvider time, CancellationToken ct)
    {
        var findings = new IReadOnlyList<Finding>[checks.Count];
        await Parallel.ForEachAsync(checks.Index(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (check, token) =>
        {
            var notes = new Notes(check.Item.About, check.Item.Name);
            await check.Item.NoteAsync(notes, time, token);
            findings[check.Index] = notes.Findings;
        });
        return [.. findings.SelectMany(f => f)];
    }

    /// <summary>Errors are typed where they happen; here each becomes a finding.</summary>
    private async Task NoteAsync(Notes notes, TimeProvider time, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await LookAsync(notes, both.Token);
        }
        catch (NotAtHandException unknown)
        {
            notes.NotChecked(unknown.Reason, unknown.Message);
        }
        catch (KubeApiException error)
        {
            notes.NotChecked(error.Reason, error.Message);
        }
        catch (DatabaseFault fault)
        {
            notes.Error(fault.Reason, fault.Message);
        }
        catch (GridRefusedException refused)
        {
            notes.Error(refused.Reason, refused.Message);
        }
        catch (Exception error) when (error is SecretProblem or RucioRejectedException)
        {
            notes.Error(((IReportableError)error).Reason, ((IReportableError)error).Report);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            notes.Error("NoAnswer", $"no answer within {Patience.TotalMinutes:0} minutes");
        }
    }
}

/// <summary>Can't be looked at from here: nothing is known to be wrong.</summary>
public sealed class NotAtHandException(string reason, string message) : Exception(message)
{
    /// <summary>In neither the files nor, without a cluster, anywhere else.</summary>
    public const string NoCluster = nameof(NoCluster);

    /// <summary>It is in the files, and must be corrected there first.</summary>
    public const string Unsound = nameof(Unsound);

    /// <summary>Somebody makes it of what is in the files.</summary>
    public const string ToBeMade = nameof(ToBeMade);

    /// <summary>A name that only pods know.</summary>
    public const string InsideTheCluster = nameof(InsideTheCluster);

    public string Reason => reason;
}
