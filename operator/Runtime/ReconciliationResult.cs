using System.Diagnostics.CodeAnalysis;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>The result of an entity controller or finalizer.</summary>
public sealed record ReconciliationResult<TEntity> where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private ReconciliationResult(TEntity entity, Outcome outcome, string? errorMessage, Exception? error) =>
        (Entity, Outcome, ErrorMessage, Error) = (entity, outcome, errorMessage, error);

    public TEntity Entity { get; }
    public Outcome Outcome { get; }
    public string? ErrorMessage { get; }
    public Exception? Error { get; }

    [MemberNotNullWhen(false, nameof(ErrorMessage))]
    public bool IsSuccess => ErrorMessage is null;

    public bool IsFailure => !IsSuccess;

    public TimeSpan? RequeueAfter => Outcome switch
    {
        Outcome.Done done => done.RequeueAfter,
        Outcome.Requeue requeue => requeue.After,
        Outcome.Blocked blocked => blocked.Retry,
        _ => null,
    };

    public static ReconciliationResult<TEntity> Success(TEntity entity, TimeSpan? requeueAfter = null) =>
        new(entity, new Outcome.Done(requeueAfter), null, null);

    /// <summary>With <paramref name="requeueAfter"/> tried again then; without, as the error says (back-off for unknown ones).</summary>
    public static ReconciliationResult<TEntity> Failure(TEntity entity, string message, Exception? error = null, TimeSpan? requeueAfter = null) =>
        new(entity, requeueAfter is { } after ? new Outcome.Blocked("Failed", message, after) : new Outcome.Failed(error ?? new ReconcileFailedException(message)), message, error);

    /// <summary>Any outcome; everything but done is a failure in the narrow sense (a finalizer stays).</summary>
    public static ReconciliationResult<TEntity> Of(TEntity entity, Outcome outcome) => outcome switch
    {
        Outcome.Done or Outcome.Gone => new(entity, outcome, null, null),
        Outcome.Requeue requeue => new(entity, outcome, requeue.Message, null),
        Outcome.Blocked blocked => new(entity, outcome, blocked.Message, null),
        Outcome.Rejected rejected => new(entity, outcome, rejected.Message, null),
        Outcome.Failed failed => new(entity, outcome, (failed.Error as IReportableError)?.Report ?? failed.Error.GetType().Name, failed.Error),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}

/// <summary>A failure for which the controller had words but no exception.</summary>
public sealed class ReconcileFailedException(string message) : Exception(message), IReportableError
{
    public string Reason => "Failed";
    public string Report => Message;
}
