using NUnit.Framework;
using RucioOperator.Planning;
using RucioOperator.Releases;

namespace RucioOperator.Tests.Planning;

public sealed class PhaseDecisionTests
{
    private const string Old = "a62db546a1f1";
    private const string New = "3b943000da18";

    private static readonly PhaseFacts Running = new()
    {
        Version = "41.0.0",
        Release = Line(41),
        Lines = ReleaseCatalogue.Lines,
        RanVersion = "41.0.0",
        Revision = New,
        Complete = true,
        HadCatalogue = true,
        ServersServe = true,
        BackupWanted = true,
    };

    private static readonly PhaseFacts Upgrading = Running with { RanVersion = "38.6.0", Revision = Old, Complete = false, ServersServe = true };

    [Test]
    public void An_empty_database_is_bootstrapped() =>
        Decides(InstancePhase.Bootstrap, Running with { RanVersion = null, Revision = null, Complete = false, HadCatalogue = false, DaemonsAtZero = true });

    [Test]
    public void A_catalogue_without_its_first_account_is_bootstrapped_on() => Decides(InstancePhase.Bootstrap, Running with { Complete = false });

    [Test]
    public void What_is_there_and_right_runs() => Decides(InstancePhase.Running, Running);

    [Test]
    public void Servers_that_fail_do_not_stop_daemons_that_run() => Decides(InstancePhase.Running, Running with { ServersServe = false });

    [Test]
    public void Daemons_that_stand_still_wait_for_the_servers()
    {
        Decides(InstancePhase.StartServers, Running with { DaemonsAtZero = true, ServersServe = false });
        Decides(InstancePhase.Running, Running with { DaemonsAtZero = true });
    }

    [Test]
    public void The_same_head_rolls() => Decides(InstancePhase.Running, Running with { RanVersion = "40.4.1" });

    [Test]
    public void Another_head_goes_step_by_step_and_each_step_follows_from_what_is_there()
    {
        Decides(InstancePhase.StopDaemons, Upgrading);
        Decides(InstancePhase.EnterMaintenance, Upgrading with { DaemonsAtZero = true, DaemonsStopped = true });
        var stopped = Upgrading with { DaemonsAtZero = true, DaemonsStopped = true, ServersStopped = true, ServersServe = false };
        Decides(InstancePhase.Backup, stopped);
        Decides(InstancePhase.Migrate, stopped with { BackedUp = true });
        Decides(InstancePhase.Migrate, stopped with { BackupWanted = false });
        Decides(InstancePhase.StartServers, stopped with { Revision = New, Complete = true });
        Decides(InstancePhase.Running, stopped with { Revision = New, Complete = true, ServersServe = true });
    }

    [Test]
    public void Daemons_that_still_end_hold_up_the_next_step() => Decides(InstancePhase.StopDaemons, Upgrading with { DaemonsAtZero = true });

    [Test]
    public void A_daemon_that_comes_back_in_the_middle_is_stopped_again() =>
        Decides(InstancePhase.StopDaemons, Upgrading with { ServersStopped = true, BackedUp = true });

    [Test]
    public void Adopting_an_older_catalogue_is_the_same_walk()
    {
        var adopted = Upgrading with { RanVersion = null, HadCatalogue = false, ServersServe = false, DaemonsAtZero = true };
        Decides(InstancePhase.Backup, adopted with { DaemonsStopped = true, ServersStopped = true });
        Decides(InstancePhase.Migrate, adopted with { DaemonsStopped = true, ServersStopped = true, BackedUp = true });
    }

    [Test]
    public void Hibernation_comes_before_everything_that_works()
    {
        Decides(InstancePhase.Hibernated, Running with { Hibernate = true });
        Decides(InstancePhase.Hibernated, Upgrading with { Hibernate = true });
        Decides(InstancePhase.Hibernated, Running with { Hibernate = true, Revision = null, Complete = false, HadCatalogue = false });
    }

    [Test]
    public void A_lost_catalogue_is_not_made_anew() => Refused(PhaseDecision.CatalogueMissing, Running with { Revision = null, Complete = false }, "restore it");

    [Test]
    public void A_revision_of_nobodys_is_left_alone() => Refused(PhaseDecision.UnknownRevision, Running with { Revision = "30d5206e9cad" }, "30d5206e9cad", $"Rucio 38: {Old}");

    [Test]
    public void There_is_no_way_back()
    {
        Refused(PhaseDecision.DowngradeRefused, Running with { Version = "38.6.0", Release = Line(38) }, "spec.version to 40 or 41 again", "backup");
        Refused(PhaseDecision.DowngradeRefused, Running with { Version = "40.4.1", Release = Line(40) }, "Rucio 41.0.0 has run");
    }

    [Test]
    public void Before_it_is_migrated_an_upgrade_can_be_called_off() =>
        Decides(InstancePhase.StartServers, Upgrading with { Version = "38.6.0", Release = Line(38), Complete = true, DaemonsAtZero = true, ServersServe = false });

    [Test]
    public void A_restored_backup_is_what_its_revision_says() =>
        Decides(InstancePhase.Running, Running with { Version = "38.6.0", Release = Line(38), Revision = Old });

    [Test]
    public void A_patch_may_be_taken_back() => Decides(InstancePhase.Running, Running with { RanVersion = "41.0.1" });

    [Test]
    public void No_release_is_left_out()
    {
        var narrow = Line(41) with { UpgradeFrom = [40] };
        Refused(PhaseDecision.UpgradeStepMissing, Upgrading with { Release = narrow }, "Rucio 41 is reached from 40, not from 38");
        Refused(PhaseDecision.UpgradeStepMissing, Upgrading with { Release = narrow, RanVersion = null }, "not from 38");
        Decides(InstancePhase.Running, Running with { Release = narrow, RanVersion = "40.0.0" });
    }

    private static Release Line(int line) => ReleaseCatalogue.Lines.Single(r => r.Line == line);

    private static void Decides(InstancePhase phase, PhaseFacts facts)
    {
        var decision = PhaseDecision.For(facts);
        Assert.That(decision.Problem, Is.Null);
        Assert.That(decision.Phase, Is.EqualTo(phase), decision.Rule);
    }

    private static void Refused(string reason, PhaseFacts facts, params string[] words)
    {
        var problem = PhaseDecision.For(facts).Problem;
        Assert.That(problem?.Reason, Is.EqualTo(reason));
        foreach (var word in words)
            Assert.That(problem!.Message, Does.Contain(word));
    }
}
