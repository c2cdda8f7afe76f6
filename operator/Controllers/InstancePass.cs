using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

/// <summary>One pass over one RucioInstance: the stages in order, each a condition.</summary>
internal sealed class InstancePass(InstanceParts parts, RucioInstance instance)
{
    /// <summary>How long a failed bootstrap stays there to be looked at before it is tried again.</summary>
    private static readonly TimeSpan BootstrapRetry = TimeSpan.FromMinutes(2);

    private const string OperatorIdentity = "rucio-operator-";

    private readonly ObjectKey _key = ObjectKey.Of(instance);
    private readonly InstanceNames _names = new(instance.Metadata.NamespaceProperty, instance.Metadata.Name);
    private string _stage = InstanceConditions.DatabaseReady;
    private CatalogueSnapshot? _snapshot;

    public Report Report { get; } = new(instance, parts.Time);

    public async Task RunAsync(CancellationToken ct)
    {
        if (Guard() is { } refused)
        {
            Report.End(refused);
            return;
        }
        var release = ReleaseCatalogue.Find(instance.Spec.Version).Release!;

        _stage = InstanceConditions.DatabaseReady;
        var connection = await parts.Databases.EnsureAsync(instance, ct);
        _snapshot = IsFresh(connection) ? connection.Snapshot : await connection.RefreshAsync(parts.Time.GetUtcNow(), ct);
        Report.True(_stage, "Connected", $"Database {connection.Access.Address} answers");

        _stage = InstanceConditions.CatalogueReady;
        var inputs = new InstanceInputs(instance, release, connection.Access, await SuperRootAsync(ct), await AdminCertificateAsync(ct), VoTags(), IsComplete(_snapshot));
        if (_snapshot is null && instance.Status?.AlembicRevision is not null)
        {
            // Making an empty one now would hide the loss, and every VO would be made anew on top of it.
            Report.Stop(_stage, new Outcome.Blocked("CatalogueMissing", $"database {connection.Access.Address} has no Rucio tables, and it had: restore it; to start with an empty catalogue, delete this RucioInstance and create it again", TimeSpan.FromMinutes(1)));
            return;
        }
        if (_snapshot?.AlembicRevision is { } revision && revision != release.AlembicHead)
        {
            Report.Stop(_stage, new Outcome.Rejected("MigrationNeeded", $"the catalogue is at revision {revision} and Rucio {instance.Spec.Version} needs {release.AlembicHead}: migrations are not supported yet, set spec.version to the release the catalogue was made with"));
            return;
        }
        var applied = await parts.Applier.ApplyAsync(instance, InstanceController.Name, "instance", [.. DesiredInstance.Objects(inputs).Select(o => new DesiredObject(o))], ct,
            heal: instance.Spec.DriftPolicy == DriftPolicy.Heal || !StatusPass.IsDrift(instance));
        await TellDriftAsync(applied, ct);
        if (applied.Refused is [var taken, ..])
        {
            Report.Stop(_stage, new Outcome.Blocked("NameTaken", $"{taken.Kind} {taken.Key} exists and is not this operator's: remove it, or name the RucioInstance otherwise", TimeSpan.FromMinutes(1)));
            return;
        }
        if (!inputs.CatalogueReady)
        {
            Report.Stop(_stage, await BootstrapOutcomeAsync(ct));
            return;
        }
        Report.True(_stage, "Bootstrapped", $"Catalogue is at revision {release.AlembicHead}");

        _stage = InstanceConditions.CredentialsSafe;
        await SecureAsync(connection, inputs.SuperRoot, ct);

        _stage = InstanceConditions.ApiReady;
        if (Availability([_names.Admin, _names.Api]) is { } notServing)
        {
            connection.Serving = false;
            Report.Stop(_stage, notServing);
            return;
        }
        await LoginAsync(connection, inputs, ct);
        Report.True(_stage, "Serving", $"Public API at {_names.ApiUrl}; super_root logs in at the admin API");

        _stage = InstanceConditions.DaemonsReady;
        var daemons = Daemons.Of(inputs).ToList();
        if (Availability(daemons.Select(_names.Daemon)) is { } notRunning)
        {
            Report.Stop(_stage, notRunning);
            return;
        }
        Report.True(_stage, "Running", $"{daemons.Count} daemons run");
        Report.End(new Outcome.Done(parts.NextDriftPass()));
    }

    private async Task TellDriftAsync(ApplyResult applied, CancellationToken ct)
    {
        if (Restored(applied.Changes.Where(c => c.IsDrift)) is { Count: > 0 } healed && StatusPass.IsDrift(instance))
        {
            await StatusPass.DriftAsync(instance, healed, parts.Events, parts.Metrics, ct);
        }
        if (Restored(applied.Left) is { Count: > 0 } left)
        {
            StatusPass.ReportDrifted(Report, PassMode.ReportDrift, left);
        }

        static List<RestoreChild> Restored(IEnumerable<ChildChange> children) => [.. children.Select(c => new RestoreChild(c.Kind, c.Key.Name))];
    }

    public void Fail(Exception error) => Report.Stop(_stage, error switch
    {
        // A person must act, at the database or on the Secret; a Secret's change wakes us, a grant does not.
        DatabaseFault { IsTransient: false } fault => new Outcome.Blocked(fault.Reason, fault.Message, TimeSpan.FromSeconds(30)),
        SecretProblem missing => new Outcome.Blocked(missing.Reason, missing.Message),
        RucioRejectedException refused => new Outcome.Blocked(refused.Reason, refused.Message, TimeSpan.FromSeconds(10)),
        _ => new Outcome.Failed(error),
    });

    /// <summary>First rule that fits wins.</summary>
    private Outcome? Guard()
    {
        if (StatusPass.Invalid(RucioInstanceRules.Validate(instance)) is { } invalid)
        {
            return invalid;
        }
        if (ReleaseCatalogue.Find(instance.Spec.Version) is { Found: false, Error: var unknown })
        {
            return new Outcome.Rejected("UnknownVersion", $"spec.version: {unknown}");
        }
        return StatusPass.Mode(instance, ManagementPolicy.Full, DriftPolicy.Heal, nothingToDo: true) == PassMode.DryRun
            ? new Outcome.Rejected(ValidationReasons.NotSupportedYet, $"annotation {ApiGroup.DryRunAnnotation} is not supported on a RucioInstance yet; nothing is changed while it is there")
            : null;
    }

    /// <summary>Events of children come in bursts; the catalogue is read in full once a drift interval, or when somebody asks.</summary>
    private bool IsFresh(InstanceConnection connection) =>
        IsComplete(connection.Snapshot) && StatusPass.Token(instance) == instance.Status?.LastHandledReconcileAt
        && parts.Time.GetUtcNow() - connection.ReadAt < parts.DriftInterval * 0.8;

    private static bool IsComplete(CatalogueSnapshot? snapshot) =>
        snapshot is { AlembicRevision: not null } && snapshot.Vo("def") is { Exists: true } def && def.Accounts.ContainsKey("super_root");

    private async Task<Outcome> BootstrapOutcomeAsync(CancellationToken ct)
    {
        var job = parts.Jobs.Store.Get(new ObjectKey(_names.Namespace, _names.Bootstrap));
        var state = WorkloadState.Of(_names.Bootstrap, job);
        if (state.Ready)
        {
            // Done, and yet not complete: somebody took things out again, or the observer reads another schema.
            await parts.Api.DeleteAsync<k8s.Models.V1Job>(ObjectKey.Of(job!), job!.Metadata.Uid, ct);
            return new Outcome.Requeue(TimeSpan.FromSeconds(2), "Bootstrapping", $"Job {_names.Bootstrap} ended, the catalogue is not complete yet");
        }
        if (state.Reason != WorkloadState.BootstrapFailed)
        {
            return new Outcome.Blocked(state.Reason, state.Message);
        }
        if (parts.Time.GetUtcNow() - WorkloadState.FailedAt(job!) > BootstrapRetry)
        {
            await parts.Api.DeleteAsync<k8s.Models.V1Job>(ObjectKey.Of(job!), job!.Metadata.Uid, ct);
        }
        return new Outcome.Blocked(state.Reason, state.Message, BootstrapRetry);
    }

    /// <summary>Proves from the catalogue that nobody else's credential opens this Rucio, and closes what is open.</summary>
    private async Task SecureAsync(InstanceConnection connection, DatabaseLogin superRoot, CancellationToken ct)
    {
        var def = _snapshot!.Vo("def");
        var changed = false;
        if (def.Passwords.GetValueOrDefault(superRoot.Username)?.Matches(superRoot.Password) != true)
        {
            await connection.Writer.SetPasswordAsync(superRoot.Username, superRoot.Password, "super_root", ct);
            changed = true;
        }
        if (!def.Accounts["super_root"].Identities.Any(i => i.Identity == superRoot.Username && i.Type == "USERPASS"))
        {
            await connection.Writer.MapToSuperRootAsync(superRoot.Username, ct);
            changed = true;
        }
        // Published ones, and those of an operator before us: a re-created cluster has new Secrets, and the old ones must be dead.
        var foreign = def.Accounts["super_root"].Identities.Where(i => PublishedIdentities.IsPublished(i)
            || i.Type == "USERPASS" && i.Identity.StartsWith(OperatorIdentity, StringComparison.Ordinal) && i.Identity != superRoot.Username).ToList();
        if (foreign.Count > 0)
        {
            await connection.Writer.UnmapFromSuperRootAsync(foreign, ct);
            changed = true;
        }
        _snapshot = changed ? await connection.RefreshAsync(parts.Time.GetUtcNow(), ct) : _snapshot;
        var open = PublishedIdentities.Open(_snapshot!).ToList();
        if (open.Count > 0)
        {
            Report.False(InstanceConditions.CredentialsSafe, "PublishedIdentity", $"{open.Count} published identities can log in, the first as {open[0].Account} of VO {open[0].Vo}; the VO's own pass removes it");
        }
        else
        {
            Report.True(InstanceConditions.CredentialsSafe, "NoPublishedIdentity", "No published identity is mapped to any account");
        }
    }

    private async Task LoginAsync(InstanceConnection connection, InstanceInputs inputs, CancellationToken ct)
    {
        var url = parts.ServiceOverride(_names.Admin, _names.Namespace) ?? new Uri($"https://{_names.AdminHost}");
        connection.UseServer(url, inputs.AdminCertificate.Certificate, new RucioCredential(inputs.SuperRoot.Username, inputs.SuperRoot.Password, "super_root", "def"));
        if (!connection.Serving)
        {
            await connection.AsSuperRoot(parts.Time).LoginAsync(ct);
            connection.Serving = true;
        }
        parts.Connections.RaiseObserved(_key);
    }

    private Outcome? Availability(IEnumerable<string> deployments) => deployments
        .Select(name => WorkloadState.Of(name, parts.Deployments.Store.Get(new ObjectKey(_names.Namespace, name))))
        .FirstOrDefault(state => !state.Ready) is { } state ? new Outcome.Blocked(state.Reason, state.Message) : null;

    private Task<DatabaseLogin> SuperRootAsync(CancellationToken ct) => LoginSecretAsync(_names.SuperRoot, random => new Dictionary<string, string>
    {
        ["username"] = $"{OperatorIdentity}{random(8).ToLowerInvariant()}",
        ["password"] = random(32),
    }, ct);

    private async Task<DatabaseLogin> LoginSecretAsync(string name, Func<Func<int, string>, IReadOnlyDictionary<string, string>> make, CancellationToken ct)
    {
        var secret = await parts.Secrets.EnsureAsync(new ObjectKey(_names.Namespace, name), GeneratedSecrets.LabelsOf(_names.Instance), make, ct);
        return new DatabaseLogin(secret["username"], secret["password"]);
    }

    private async Task<ServerCertificate> AdminCertificateAsync(CancellationToken ct)
    {
        var secret = await parts.Secrets.EnsureAsync(new ObjectKey(_names.Namespace, _names.AdminTls), GeneratedSecrets.LabelsOf(_names.Instance), _ =>
        {
            var made = SelfSigned.For(_names.AdminHost, parts.Time.GetUtcNow());
            return new Dictionary<string, string> { ["tls.crt"] = made.Certificate, ["tls.key"] = made.Key };
        }, ct);
        return new ServerCertificate(secret["tls.crt"], secret["tls.key"]);
    }

    private IReadOnlyList<string> VoTags() => [.. MyVos().Select(v => v.Status?.Tag).OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    private IReadOnlyList<VirtualOrganisation> MyVos() => parts.Vos.Store.ByIndex(Indexes.ByInstance, _key.ToString());

    /// <summary>deletionPolicy Delete: workloads first, then what was provisioned, the credentials last, since dropping needs them.</summary>
    public async Task DeleteAsync(CancellationToken ct)
    {
        if (DeletionBlocked() is { } blocked)
        {
            Report.Stop(_stage, blocked);
            return;
        }
        await parts.Applier.ApplyAsync(instance, InstanceController.Name, "instance", [], ct);
        await parts.Databases.DropAsync(instance, ct);
        // With them the roots of its VOs: their catalogue is gone.
        foreach (var secret in parts.Secrets.Find(_names.Namespace, GeneratedSecrets.LabelsOf(_names.Instance)))
        {
            await parts.Secrets.DeleteAsync(secret, ct);
        }
    }

    /// <summary>First rule that fits wins; null: nothing stands in the way of dropping the catalogue.</summary>
    private Outcome? DeletionBlocked()
    {
        var vos = MyVos().Count;
        if (vos > 0)
        {
            return new Outcome.Blocked("VirtualOrganisationsExist", $"deletionPolicy Delete waits until no VirtualOrganisation refers to this instance; {vos} do");
        }
        return instance.Metadata.Annotations is { } annotations && annotations.TryGetValue(ApiGroup.ConfirmDeleteAnnotation, out var name) && name == _names.Instance
            ? null
            : new Outcome.Blocked("DeletionNotConfirmed", $"deletionPolicy Delete drops the catalogue for good: confirm with annotation {ApiGroup.ConfirmDeleteAnnotation}: {_names.Instance}, or set spec.deletionPolicy to Retain");
    }

    public Task ReportSuspendedAsync(CancellationToken ct) => StatusPass.SuspendAsync(instance, parts.Status, parts.Events, parts.Time, (i, s) => i with { Status = (i.Status ?? new()) with { Conditions = s } }, ct);

    public async Task ReportAsync(CancellationToken ct)
    {
        var database = parts.Connections.Find(_key)?.Access.Address;
        var status = new RucioInstanceStatus
        {
            ObservedGeneration = instance.Metadata.Generation,
            Conditions = Report.Conditions(InstanceConditions.All, $"Rucio {instance.Spec.Version} serves {MyVos().Count} VOs"),
            LastHandledReconcileAt = StatusPass.Token(instance),
            Version = Report.Outcome is Outcome.Done ? instance.Spec.Version : instance.Status?.Version,
            Url = _names.ApiUrl,
            Vos = MyVos().Count,
            AlembicRevision = _snapshot?.AlembicRevision ?? instance.Status?.AlembicRevision,
            Database = database is null ? instance.Status?.Database : new DatabaseStatus { Host = $"{database.Host}:{database.Port}", Name = database.Name, Schema = database.Schema },
        };
        await StatusPass.WriteAsync(instance, instance with { Status = status }, parts.Status, parts.Events, ct);
    }
}
