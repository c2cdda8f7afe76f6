using System.Collections.Concurrent;

namespace RucioOperator.Tests.Contract;

/// <summary>Tries what the whole world knows, again and again, while a VO is made.</summary>
internal sealed class PublishedPasswordProbe : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public PublishedPasswordProbe(ContractBed bed, string tag) => _loop = Task.Run(async () =>
    {
        (string Identity, string Password)[] published = [($"root@{tag}", "password"), ("ddmlab", "secret")];
        for (var i = 0; !_stop.IsCancellationRequested; i++)
            Answers.Enqueue(await bed.LogInAsync(published[i % 2].Identity, published[i % 2].Password, "root", tag));
    });

    public ConcurrentQueue<string> Answers { get; } = [];

    public async Task AfterAtLeastAsync(int more)
    {
        var until = Answers.Count + more;
        while (Answers.Count < until && !_loop.IsCompleted)
            await Task.Delay(5);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }
}
