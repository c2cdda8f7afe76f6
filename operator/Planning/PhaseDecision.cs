using System.Globalization;
using RucioOperator.Releases;

namespace RucioOperator.Planning;

/// <summary>The phase of an instance, or why it can have none: first rule that fits wins.</summary>
/// <param name="Problem">Nothing is changed while it is there.</param>
public sealed record PhaseDecision(string Rule, InstancePhase Phase, Problem? Problem = null)
{
    public const string CatalogueMissing = nameof(CatalogueMissing);
    public const string UnknownRevision = nameof(UnknownRevision);
    public const string DowngradeRefused = nameof(DowngradeRefused);
    public const string UpgradeStepMissing = nameof(UpgradeStepMissing);

    private const string Subject = "CatalogueReady";

    private sealed record PhaseRule(string Name, Func<PhaseFacts, InstancePhase?> Phase, Func<PhaseFacts, (string Reason, string Message)?>? Refuses = null);

    private static readonly IReadOnlyList<PhaseRule> Rules =
    [
        Refuse("a catalogue that was there is not made anew", f => f.Revision is null && f.HadCatalogue,
            _ => (CatalogueMissing, "the database has no Rucio tables, and it had: restore it; to start with an empty catalogue, delete this RucioInstance and create it again")),
        Refuse("only a known revision is touched", f => f.Revision is not null && LinesOf(f).Count == 0,
            f => (UnknownRevision, $"the catalogue is at revision {f.Revision}, where no release this operator knows ends ({string.Join(", ", f.Lines.Select(l => $"Rucio {l.Line}: {l.AlembicHead}"))}): finish with Rucio's own tools what was begun there")),
        Refuse("no way back to an older catalogue", f => MustMigrate(f) && LinesOf(f).Min(l => l.Line) > f.Release.Line,
            f => (DowngradeRefused, $"the catalogue is of Rucio {Named(LinesOf(f))}, spec.version is {f.Version}: Rucio's migrations lead forwards only; set spec.version to {Named(LinesOf(f))} again, or restore the backup of the upgrade")),
        Refuse("no way back to an older line", f => RanLine(f) > f.Release.Line,
            f => (DowngradeRefused, $"Rucio {f.RanVersion} has run on this catalogue, spec.version is {f.Version}: an older line is not known to understand what a newer one has written; set spec.version to line {RanLine(f)} again")),
        Refuse("no release is left out", f => !Reachable(f),
            f => (UpgradeStepMissing, $"spec.version: Rucio {f.Release.Line} is reached from {Named(f.Lines.Where(l => f.Release.UpgradeFrom.Contains(l.Line)))}, not from {(RanLine(f) is { } ran ? $"{ran}" : Named(LinesOf(f)))}: take a release between first")),
        In("hibernation stops everything, an upgrade too", f => f.Hibernate, InstancePhase.Hibernated),
        In("daemons stop before the catalogue changes", f => MustMigrate(f) && !f.DaemonsStopped, InstancePhase.StopDaemons),
        In("servers stop before the catalogue changes", f => MustMigrate(f) && !f.ServersStopped, InstancePhase.EnterMaintenance),
        In("a backup comes before the catalogue changes", f => MustMigrate(f) && f.BackupWanted && !f.BackedUp, InstancePhase.Backup),
        In("an older catalogue is migrated", MustMigrate, InstancePhase.Migrate),
        In("there is no whole catalogue yet", f => f.Revision is null || !f.Complete, InstancePhase.Bootstrap),
        In("daemons that stand still start after the servers", f => f.DaemonsAtZero && !f.ServersServe, InstancePhase.StartServers),
        In("otherwise", _ => true, InstancePhase.Running),
    ];

    public static PhaseDecision For(PhaseFacts facts)
    {
        foreach (var rule in Rules)
        {
            if (rule.Refuses?.Invoke(facts) is { } no)
            {
                return new(rule.Name, InstancePhase.Running, new Problem(Subject, no.Reason, no.Message));
            }
            if (rule.Phase(facts) is { } phase)
            {
                return new(rule.Name, phase);
            }
        }
        throw new InvalidOperationException("the last rule fits always");
    }

    private static PhaseRule In(string name, Func<PhaseFacts, bool> when, InstancePhase phase) => new(name, f => when(f) ? phase : null);

    private static PhaseRule Refuse(string name, Func<PhaseFacts, bool> when, Func<PhaseFacts, (string, string)> why) => new(name, _ => null, f => when(f) ? why(f) : null);

    private static bool MustMigrate(PhaseFacts f) => f.Revision is { } revision && revision != f.Release.AlembicHead;

    /// <summary>Lines whose catalogue this is.</summary>
    private static List<Release> LinesOf(PhaseFacts f) => [.. f.Lines.Where(l => l.AlembicHead == f.Revision)];

    /// <summary>The line that ran on this catalogue last. Not of a catalogue with another revision, such as one from a backup.</summary>
    private static int? RanLine(PhaseFacts f) =>
        f.RanVersion?.Split('.')[0] is { } major && int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var line) && LinesOf(f).Any(l => l.Line == line) ? line : null;

    /// <summary>Of an adopted catalogue only its revision tells where it comes from.</summary>
    private static bool Reachable(PhaseFacts f) => RanLine(f) is { } ran
        ? ran == f.Release.Line || f.Release.UpgradeFrom.Contains(ran)
        : !MustMigrate(f) || LinesOf(f).Any(l => f.Release.UpgradeFrom.Contains(l.Line));

    private static string Named(IEnumerable<Release> lines) => string.Join(" or ", lines.Select(l => l.Line).Order());
}
