namespace RucioOperator.Runtime;

/// <summary>
/// How long a request may take, and what becomes of it when its caller is told to end. A write on its way is waited for: cut off, it might still
/// take effect after those of the next leader. The wait is as long as a lost lease leaves for it (<see cref="LeaderElectionOptions"/>).
/// </summary>
public sealed class CallLimit : IDisposable
{
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenRegistration _ended;

    /// <exception cref="OperationCanceledException">The caller has ended already: nothing is sent.</exception>
    public CallLimit(TimeSpan most, bool isAwaited, TimeProvider time, CancellationToken caller)
    {
        caller.ThrowIfCancellationRequested();
        _limit = new CancellationTokenSource(most, time);
        _ended = caller.Register(() =>
        {
            if (isAwaited)
                _limit.CancelAfter(LastWrite);
            else
                _limit.Cancel();
        });
    }

    public CancellationToken Token => _limit.Token;

    public void Dispose()
    {
        _ended.Dispose();
        _limit.Dispose();
    }
}
