using System.Text.Json.Serialization;

namespace RucioOperator.Api;

/// <summary>What runs before the catalogue is migrated to a newer release.</summary>
public sealed record UpgradeSpec
{
    public UpgradeBackup Backup { get; set; } = UpgradeBackup.PgDump;

    /// <summary>Has pg_dump, at least as new as the server; absent: <c>postgres:&lt;major version of the server&gt;</c>.</summary>
    public string? Image { get; init; }
    public BackupStorage? Storage { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<UpgradeBackup>))]
public enum UpgradeBackup { CloudNativePG, PgDump, None }

/// <summary>The volume of the dumps; it is never deleted under deletionPolicy Retain.</summary>
public sealed record BackupStorage
{
    public string Size { get; set; } = "10Gi";
    public string? ClassName { get; init; }
}
