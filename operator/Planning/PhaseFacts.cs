using RucioOperator.Releases;

namespace RucioOperator.Planning;

/// <summary>All that decides about the phase of an instance; nothing of it is remembered, so a killed operator goes on where it was.</summary>
public sealed record PhaseFacts
{
    /// <summary>As in spec.</summary>
    public required string Version { get; init; }
    public required Release Release { get; init; }

    /// <summary>Every line the operator knows.</summary>
    public required IReadOnlyList<Release> Lines { get; init; }

    /// <summary>The release that ran last, if any did under this resource.</summary>
    public string? RanVersion { get; init; }

    /// <summary>Of the catalogue; null: the database has no Rucio tables.</summary>
    public string? Revision { get; init; }

    /// <summary>The base VO and its first account are there.</summary>
    public bool Complete { get; init; }

    /// <summary>This resource has seen a catalogue before.</summary>
    public bool HadCatalogue { get; init; }
    public bool Hibernate { get; init; }

    /// <summary>No process of a daemon is left, none that still ends either.</summary>
    public bool DaemonsStopped { get; init; }

    /// <summary>No process of a server of Rucio is left.</summary>
    public bool ServersStopped { get; init; }

    /// <summary>No Deployment of a daemon has a pod, and none is meant to.</summary>
    public bool DaemonsAtZero { get; init; }

    /// <summary>The servers of the present release answer.</summary>
    public bool ServersServe { get; init; }
    public bool BackupWanted { get; init; }
    public bool BackedUp { get; init; }
}
