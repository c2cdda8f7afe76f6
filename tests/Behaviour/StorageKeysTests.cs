using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Keys of object stores: from a tenant's Secret to the file that Rucio signs URLs with, and never anywhere else.</summary>
[Parallelizable]
public sealed class StorageKeysTests
{
    private const string Rendered = "rucio-rse-accounts";

    private World _world = null!;

    [OneTimeSetUp]
    public async Task Start() => _world = await World.StartAsync();

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_Secret_that_is_missing_wrong_or_changed_concerns_its_storage_alone_and_rolls_nothing()
    {
        var ns = await InstanceAsync("keys", "sky");
        _world.PatchSpec(World.Vos, ns, "sky", """{"accounts": [{"name": "ada", "identities": [{"type": "Userpass"}], "attributes": {"sign-url": "true"}}]}""");
        ApplyS3(ns, "bucket", "SKY_BUCKET");
        _world.ApplyStorage(ns, "disk", "sky", "SKY_DISK");
        var missing = await ConditionAsync(ns, "bucket", "False", "SecretNotFound");
        Assert.That(World.Message(missing, "CredentialsReady"), Is.EqualTo($"spec.credentialsSecretRef: Secret {ns}/bucket does not exist"));
        Assert.That(World.Message(missing), Is.EqualTo(World.Message(missing, "CredentialsReady")), "nobody can use it");
        Assert.That(SandboxBed.Condition(missing, "RseReady")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        await _world.ReadyAsync((World.Vos, ns, "sky"), (World.Storages, ns, "disk"), (World.Instances, ns, "rucio"));
        Assert.That(SandboxBed.Condition(_world.Store.Get(World.Storages, ns, "disk")!, "CredentialsReady"), Is.Null);
        Assert.That(Entries(ns), Is.Empty);
        var pods = Generations(ns);

        ApplySecret(ns, "bucket", ("access_key", "AK-first"), ("secret_key", "first-secret/+\"key"), ("region", "eu-1"));
        await _world.ReadyAsync((World.Storages, ns, "bucket"));
        var id = IdOf(ns, "bucket");
        Assert.That(JsonNode.DeepEquals(Entries(ns)[id], JsonNode.Parse("""{"access_key": "AK-first", "secret_key": "first-secret/+\"key", "signature_version": "s3v4", "region": "eu-1"}""")), Entries(ns).ToJsonString());
        Assert.That(await _world.ValueAsync(_world.DatabaseName(ns), "SELECT value FROM rse_attr_map WHERE key = 'sign_url'"), Is.EqualTo("s3"));

        ApplySecret(ns, "bucket", ("access_key", "AK-second"), ("secret_key", "\n"));
        var wrong = await ConditionAsync(ns, "bucket", "False", "SecretKeyMissing");
        Assert.That(World.Message(wrong, "CredentialsReady"), Is.EqualTo($"spec.credentialsSecretRef: Secret {ns}/bucket has no key secret_key; Rucio goes on with the keys it has"));
        Assert.That(Entries(ns)[id]!["access_key"]!.GetValue<string>(), Is.EqualTo("AK-first"));

        Assert.That((await SignAsync(ns)).Body, Does.Contain("X-Amz-Credential=AK-first%2F"));

        ApplySecret(ns, "bucket", ("access_key", "AK-second"), ("secret_key", "second-secret-key"));
        await _world.ReadyAsync((World.Storages, ns, "bucket"));
        Assert.That(Entries(ns)[id]!["secret_key"]!.GetValue<string>(), Is.EqualTo("second-secret-key"));
        Assert.That((await SignAsync(ns)).Body, Does.Contain("X-Amz-Credential=AK-second%2F").And.Contain("%2Feu-1%2Fs3"));
        Assert.That(Generations(ns), Is.EqualTo(pods), "whoever signs reads the file again");
    }

    [Test]
    public async Task Keys_go_with_their_reference_and_with_their_storage()
    {
        var ns = await InstanceAsync("going", "sky");
        foreach (var name in (string[])["one", "two"])
        {
            ApplySecret(ns, name, ("access_key", "AK"), ("secret_key", $"secret-key-of-{name}"));
            ApplyS3(ns, name, $"SKY_{name.ToUpperInvariant()}");
        }
        await _world.ReadyAsync((World.Storages, ns, "one"), (World.Storages, ns, "two"));
        Assert.That(Entries(ns).Select(e => e.Key), Is.EquivalentTo(new[] { IdOf(ns, "one"), IdOf(ns, "two") }));

        _world.PatchSpec(World.Storages, ns, "one", """{"credentialsSecretRef": null}""");
        await _world.UntilAsync(() => Entries(ns).Count == 1, () => Entries(ns).ToJsonString());
        var without = await ConditionAsync(ns, "one", "False", "NoKeys");
        Assert.That(SandboxBed.IsReady(without), "transfers need none of Rucio's keys");
        _world.PatchSpec(World.Storages, ns, "one", """{"technology": "WebDAV"}""");
        await _world.UntilAsync(() => SandboxBed.Condition(_world.Store.Get(World.Storages, ns, "one")!, "CredentialsReady") is null, () => "the condition stays");

        // The reaper needs them until the last file is gone.
        var database = _world.DatabaseName(ns);
        _world.PatchSpec(World.Storages, ns, "two", """{"deletionPolicy": "DeleteIfEmpty"}""");
        await _world.UntilAsync(() => _world.Store.Get(World.Storages, ns, "two")!["metadata"]!["finalizers"] is not null, () => "no finalizer");
        await _world.SqlAsync(database, """
            INSERT INTO scopes (scope, account, status, is_default, created_at, updated_at) VALUES ('data@sky', 'root@sky', 'O', false, now(), now());
            INSERT INTO dids (scope, name, account, did_type, is_open, monotonic, hidden, obsolete, complete, is_new, availability, suppressed, bytes, created_at, updated_at)
            VALUES ('data@sky', 'file', 'root@sky', 'F', true, false, false, false, true, false, 'A', false, 42, now(), now());
            INSERT INTO replicas (rse_id, scope, name, bytes, state, lock_cnt, created_at, updated_at) SELECT id, 'data@sky', 'file', 42, 'A', 0, now(), now() FROM rses WHERE rse = 'SKY_TWO';
            """);
        _world.Store.Delete(World.Storages, ns, "two");
        await _world.NotReadyAsync(World.Storages, ns, "two", "NotEmpty");
        Assert.That(Entries(ns), Has.Count.EqualTo(1));
        _world.PatchSpec(World.Storages, ns, "two", """{"deletionPolicy": "Retain"}""");
        await _world.UntilAsync(() => Entries(ns).Count == 0, () => Entries(ns).ToJsonString());
    }

    [Test]
    public async Task No_VO_writes_anothers_entry_whatever_its_status_says()
    {
        var ns = await InstanceAsync("forged", "sky", "sea");
        ApplySecret(ns, "sky", ("access_key", "AK"), ("secret_key", "secret-key-of-sky"));
        ApplyS3(ns, "sky", "BUCKET");
        await _world.ReadyAsync((World.Storages, ns, "sky"));
        var id = IdOf(ns, "sky");

        // Another VO's storage of the same name, which says that it is that RSE; and a second description of the RSE in its own VO.
        ApplySecret(ns, "sea", ("access_key", "AK"), ("secret_key", "secret-key-of-sea"));
        ApplyS3(ns, "sea", "BUCKET", vo: "sea");
        ApplyS3(ns, "double", "BUCKET", secret: "sea");
        await _world.ReadyAsync((World.Storages, ns, "sea"));
        _world.Store.PatchStatus(World.Storages, ns, "sea", new JsonObject { ["rseId"] = id, ["rse"] = "BUCKET", ["vo"] = "sky" });
        await _world.NotReadyAsync(World.Storages, ns, "double", "Conflict");
        ApplySecret(ns, "sea", ("access_key", "AK"), ("secret_key", "other-secret-key-of-sea"));
        await _world.UntilAsync(() => Entries(ns).Any(e => e.Value!["secret_key"]!.GetValue<string>() == "other-secret-key-of-sea"), () => Entries(ns).ToJsonString());
        Assert.That(Entries(ns)[id]!["secret_key"]!.GetValue<string>(), Is.EqualTo("secret-key-of-sky"));
        Assert.That(Entries(ns), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_Secret_that_can_not_be_read_holds_up_nobody_else()
    {
        var ns = await InstanceAsync("unread", "sky");
        using (_world.Bed.Kubernetes.Faults.Add(new() { Verb = "get", Resource = "secrets", Namespace = ns, Name = "closed", Status = 403 }))
        {
            foreach (var name in (string[])["closed", "open"])
            {
                ApplySecret(ns, name, ("access_key", "AK"), ("secret_key", $"secret-key-{name}"));
                ApplyS3(ns, name, $"SKY_{name.ToUpperInvariant()}");
            }
            var unread = await ConditionAsync(ns, "closed", "False", "KubernetesApiForbidden");
            Assert.That(World.Message(unread, "CredentialsReady"), Does.Contain($"{ns}/closed"));
            await _world.ReadyAsync((World.Storages, ns, "open"), (World.Instances, ns, "rucio"));
            Assert.That(Entries(ns).Select(e => e.Key), Is.EqualTo(new[] { IdOf(ns, "open") }));
        }
        await _world.ReadyAsync((World.Storages, ns, "closed"));
    }

    [Test]
    public async Task Fifty_Secrets_changed_at_once_are_a_few_writes_of_one()
    {
        var ns = await InstanceAsync("fifty", "sky");
        for (var n = 0; n < 50; n++)
        {
            ApplySecret(ns, $"s{n}", ("access_key", "AK"), ("secret_key", $"secret-key-{n}"));
            ApplyS3(ns, $"s{n}", $"SKY_{n}");
        }
        await _world.ReadyAsync([.. Enumerable.Range(0, 50).Select(n => (World.Storages, ns, $"s{n}"))]);
        var (pods, before) = (Generations(ns), _world.Bed.Kubernetes.Requests.Mark());
        for (var n = 0; n < 50; n++)
            ApplySecret(ns, $"s{n}", ("access_key", "AK"), ("secret_key", $"next-secret-key-{n}"));
        await _world.UntilAsync(() => Entries(ns).All(e => e.Value!["secret_key"]!.GetValue<string>().StartsWith("next", StringComparison.Ordinal)), () => Entries(ns).ToJsonString());
        // As many as passes of the instance fit into the fifty changes.
        Assert.That(_world.Bed.Kubernetes.Requests.Count(before, r => r.Verb == "patch" && r.Name == Rendered), Is.InRange(1, 20));
        Assert.That(Generations(ns), Is.EqualTo(pods));

        // Another operator finds everything as it should be, once each storage has been told that its keys arrived.
        _world.Annotate(World.Storages, ns, "s0", "rucio.cern.ch/reconcile-at", "arrived");
        await _world.Bed.WaitAsync(World.Storages, ns, "s0", s => s["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "arrived");
        await _world.ReadyAsync([.. Enumerable.Range(0, 50).Select(n => (World.Storages, ns, $"s{n}"))]);
        _world.Bed.KillOperator();
        before = _world.Bed.Kubernetes.Requests.Mark();
        _world.Bed.StartOperator();
        _world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", "now");
        _world.Annotate(World.Storages, ns, "s0", "rucio.cern.ch/reconcile-at", "now");
        await _world.Bed.WaitAsync(World.Instances, ns, "rucio", i => i["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "now");
        await _world.Bed.WaitAsync(World.Storages, ns, "s0", s => s["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "now");
        var written = _world.Bed.Kubernetes.Requests.Since(before, r => r.Namespace == ns && r.Verb is "patch" or "create" or "update" or "delete" && r.Name is not ("rucio" or "s0"));
        Assert.That(written.Where(r => r.Namespace == ns && r.Resource is not ("events" or "leases")).Select(r => $"{r.Verb} {r.Path}"), Is.Empty);
    }

    [Test]
    public async Task While_nothing_may_be_changed_the_keys_stay_as_they_are()
    {
        var ns = await InstanceAsync("still", "sky");
        ApplySecret(ns, "bucket", ("access_key", "AK"), ("secret_key", "first-secret-key"));
        ApplyS3(ns, "bucket", "SKY_BUCKET");
        await _world.ReadyAsync((World.Storages, ns, "bucket"));
        _world.Annotate(World.Storages, ns, "bucket", "rucio.cern.ch/dry-run", "true");
        ApplySecret(ns, "bucket", ("access_key", "AK"), ("secret_key", "second-secret-key"));
        var planned = await ConditionAsync(ns, "bucket", "False", "PlanOnly");
        Assert.That(World.Message(planned, "CredentialsReady"), Is.EqualTo("not changed: keys of RSE SKY_BUCKET in rse-accounts.cfg"));
        Assert.That(Entries(ns).Single().Value!["secret_key"]!.GetValue<string>(), Is.EqualTo("first-secret-key"));
        _world.Annotate(World.Storages, ns, "bucket", "rucio.cern.ch/dry-run", null);
        await _world.ReadyAsync((World.Storages, ns, "bucket"));
        Assert.That(Entries(ns).Single().Value!["secret_key"]!.GetValue<string>(), Is.EqualTo("second-secret-key"));

        // Somebody's edit of the rendered file is undone.
        _world.Store.Patch("secrets", ns, Rendered, new JsonObject { ["data"] = new JsonObject { ["rse-accounts.cfg"] = Convert.ToBase64String("{}"u8) } });
        await _world.UntilAsync(() => Entries(ns).Count == 1, () => "the edit stays");
        await _world.ReadyAsync((World.Storages, ns, "bucket"));

        // Its users go on working when the VirtualOrganisation is deleted under Retain.
        _world.Store.Delete(World.Vos, ns, "sky");
        await _world.NotReadyAsync(World.Storages, ns, "bucket", "VirtualOrganisationNotFound");
        _world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", "now");
        await _world.Bed.WaitAsync(World.Instances, ns, "rucio", i => i["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "now");
        Assert.That(Entries(ns), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_Rucio_of_somebody_else_takes_no_keys()
    {
        var (ns, rucio) = (_world.Ns("theirs"), await ForeignRucio.StartAsync(_world, "theirs"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there");
        ApplySecret(ns, "bucket", ("access_key", "AK"), ("secret_key", "their-secret-key"));
        ApplyS3(ns, "bucket", "SKY_BUCKET");
        var refused = await ConditionAsync(ns, "bucket", "False", "ExternalInstance");
        Assert.That(SandboxBed.Condition(refused, "Stalled")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        Assert.That(_world.Store.List("secrets", ns).Select(s => s["metadata"]!["name"]!.GetValue<string>()), Does.Not.Contain("there-rse-accounts"));
    }

    /// <summary>A user of the VO, by Rucio's public API.</summary>
    private Task<(int Status, string Body)> SignAsync(string ns)
    {
        var login = _world.Secret(ns, "sky-ada-login")!;
        return Logins.GetAsync(_world, ns, $"/credentials/signurl?rse=SKY_BUCKET&svc=s3&url={Uri.EscapeDataString("https://bucket.example.org/bucket/file")}", login["username"], login["password"], "ada", "sky");
    }

    private async Task<string> InstanceAsync(string stem, params string[] vos)
    {
        var ns = _world.Ns(stem);
        _world.ApplyInstance(ns);
        foreach (var vo in vos)
            _world.ApplyVo(ns, vo, vo, "rucio", "  check: {isolation: false}");
        await _world.ReadyAsync([(World.Instances, ns, "rucio"), .. vos.Select(vo => (World.Vos, ns, vo))]);
        return ns;
    }

    private void ApplyS3(string ns, string name, string rse, string vo = "sky", string? secret = null) =>
        _world.ApplyStorage(ns, name, vo, rse, $"https://{name}.{ns}.example.org/bucket/", $"  technology: S3\n  credentialsSecretRef: {{name: {secret ?? name}}}");

    private void ApplySecret(string ns, string name, params (string Key, string Value)[] entries) => _world.Store.Upsert(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["data"] = new JsonObject(entries.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(e.Value))))),
    });

    private JsonObject Entries(string ns) => JsonNode.Parse(_world.Secret(ns, Rendered)!["rse-accounts.cfg"])!.AsObject();

    private string IdOf(string ns, string storage) => _world.Store.Get(World.Storages, ns, storage)!["status"]!["rseId"]!.GetValue<string>();

    private Task<JsonObject> ConditionAsync(string ns, string storage, string status, string reason) => _world.Bed.WaitConditionAsync(World.Storages, ns, storage, "CredentialsReady", status, reason);

    private Dictionary<string, string> Generations(string ns) =>
        _world.Store.List("deployments.apps", ns).ToDictionary(d => d["metadata"]!["name"]!.GetValue<string>(), d => d["metadata"]!["generation"]!.ToString());
}
