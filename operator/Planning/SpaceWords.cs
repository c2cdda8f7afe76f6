using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Space as a status has it: what was said before stands until it is off by more than a hundredth, so that files that come and go write nothing.</summary>
public static class SpaceWords
{
    /// <param name="space">Null: not known now.</param>
    /// <param name="capacity">In this operator's last report.</param>
    public static StorageSpace? Next(StorageSpace? before, ObservedSpace? space, string? capacity)
    {
        var next = space is null
            ? (before ?? new()) with { Capacity = capacity }
            : new() { Used = Bytes(before?.Used, space.Used), Files = Files(before?.Files, space.Files), Free = Bytes(before?.Free, space.Reported?.Free), Capacity = capacity };
        return next == new StorageSpace() ? null : next;
    }

    /// <summary>Of all storages of a VO together; as before while one of them is not known.</summary>
    public static VoSpace? Total(VoSpace? before, IEnumerable<ObservedRse> rses)
    {
        var (used, files) = (0L, 0L);
        foreach (var rse in rses.Where(r => !r.Deleted))
        {
            if (rse.Space is null)
            {
                return before;
            }
            (used, files) = (used + (rse.Space.Used ?? 0), files + (rse.Space.Files ?? 0));
        }
        return new() { Used = Bytes(before?.Used, used), Files = Files(before?.Files, files) };
    }

    private static string? Bytes(string? before, long? now) => now is not { } bytes ? null
        : before is not null && Quantity.TryBytes(before, out var said) && IsNear(said, bytes) ? before : Quantity.Words(bytes);

    private static long? Files(long? before, long? now) => before is { } said && now is { } files && IsNear(said, files) ? said : now;

    private static bool IsNear(long said, long now) => said == now || said > 0 && now > 0 && Math.Abs((decimal)said - now) <= Math.Max(said, now) / 100m;
}
