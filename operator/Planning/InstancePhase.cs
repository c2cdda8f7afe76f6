namespace RucioOperator.Planning;

/// <summary>What an instance does now; which objects it has, and how many of each, follows from it.</summary>
public enum InstancePhase
{
    /// <summary>The catalogue is made; servers would fail without its tables.</summary>
    Bootstrap,

    // Steps to a release with another catalogue, in their order.

    /// <summary>Daemons go to 0; servers still answer with the old release.</summary>
    StopDaemons,

    /// <summary>Servers give way to one that answers 503: nobody writes any more.</summary>
    EnterMaintenance,
    Backup,
    Migrate,

    /// <summary>Servers first: daemons wait until they answer. Also the way out of hibernation, and of a bootstrap.</summary>
    StartServers,

    Running,

    /// <summary>All workloads of Rucio at 0.</summary>
    Hibernated,
}

public static class InstancePhases
{
    /// <summary>The catalogue belongs to an older release and is on its way to the present one.</summary>
    public static bool IsUpgrade(this InstancePhase phase) => phase is InstancePhase.StopDaemons or InstancePhase.EnterMaintenance or InstancePhase.Backup or InstancePhase.Migrate;

    public static bool HasDaemons(this InstancePhase phase) => phase == InstancePhase.Running;

    /// <summary>Rucio's servers run as the spec says.</summary>
    public static bool HasServers(this InstancePhase phase) => phase is InstancePhase.StopDaemons or InstancePhase.StartServers or InstancePhase.Running;
}
