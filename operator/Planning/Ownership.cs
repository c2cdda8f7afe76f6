using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>May this operator work on the catalogue, and is there something to write for it.</summary>
public enum OwnershipStep { Keep, Write, Refuse }

/// <summary>
/// One catalogue, one operator: two would undo each other's work and set each other's passwords. The first rule that fits
/// wins.
/// </summary>
public static class Ownership
{
    /// <param name="takeOver">Cluster the platform engineer has declared dead, or null.</param>
    public static OwnershipStep Decide(CatalogueOwner me, CatalogueOwner? row, string? takeOver) => row switch
    {
        null => OwnershipStep.Write,
        // Not on every pass: an unchanged world costs no write.
        _ when row.IsSame(me) => row.Age > me.Lease / 4 || row.Lease != me.Lease ? OwnershipStep.Write : OwnershipStep.Keep,
        { IsLive: false } => OwnershipStep.Write,
        _ when takeOver == row.Cluster && row.Cluster != me.Cluster => OwnershipStep.Write,
        _ => OwnershipStep.Refuse,
    };

    /// <summary>What a person may do about a refusal.</summary>
    public static string Refusal(CatalogueOwner me, CatalogueOwner row, string takeOverAnnotation)
    {
        var minutes = Math.Max(1, (int)Math.Ceiling((row.Lease - row.Age).TotalMinutes));
        return row.Cluster == me.Cluster
            ? $"RucioInstance {row.Instance} works on this catalogue: give each its own database, or delete that one; it is taken over if that one is not seen for {minutes} more minutes"
            : $"RucioInstance {row.Instance} of another cluster works on this catalogue, and two operators would undo each other: stop that one, and it is taken over when it is not seen for {minutes} more minutes; if that cluster is gone for good, take it over now with annotation {takeOverAnnotation}: {row.Cluster}";
    }
}
