namespace RucioOperator.Runtime;

/// <summary>One of the places of a semaphore, until it is disposed of.</summary>
public sealed class Turn : IDisposable
{
    private readonly SemaphoreSlim places;

    private Turn(SemaphoreSlim places) => this.places = places;

    public static async Task<Turn> TakeAsync(SemaphoreSlim places, CancellationToken ct)
    {
        await places.WaitAsync(ct);
        return new(places);
    }

    public void Dispose() => places.Release();
}
