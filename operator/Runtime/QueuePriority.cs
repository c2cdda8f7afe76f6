namespace RucioOperator.Runtime;

/// <summary>Higher is taken first.</summary>
public static class QueuePriority
{
    /// <summary>First listing, resync, drift passes.</summary>
    public const int Resync = 0;

    /// <summary>Something the object depends on changed.</summary>
    public const int Related = 10;

    /// <summary>Somebody changed the object and may be waiting.</summary>
    public const int Edit = 20;

    public const int Deletion = 30;
}
