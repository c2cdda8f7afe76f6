using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Robot certificates become proxies, proxies are delegated, and whatever is wrong with either is told by name. The FTS and VOMS servers have their own rules.</summary>
[Parallelizable]
public sealed class TransfersTests
{
    private TransferBed _bed = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _bed = await TransferBed.StartAsync("", "--drift-interval=1s");
        await _bed.World.ReadyAsync((World.Instances, _bed.Ns, "rucio"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _bed.World.AssertNoSecretIsTold();
        await _bed.DisposeAsync();
    }

    [SetUp]
    public void AllIsWell()
    {
        (_bed.North.IsDown, _bed.South.IsDown, _bed.Voms.IsDown, _bed.North.ClockOff, _bed.North.FailWith, _bed.North.RefusesDelete) = (false, false, false, TimeSpan.Zero, null, false);
    }

    [Test]
    public async Task A_VO_s_robot_certificate_is_delegated_with_its_attributes_and_the_status_says_until_when()
    {
        _bed.Robot("full", "full");
        _bed.Voms.Members[TransferBed.DnOf("full")] = ["/sky", "/sky/Role=production"];
        _bed.Vo("ful", $"{{credentialSecretRef: {{name: full}}, voms: {{vomses: '{_bed.Voms.VomsesLine}', fqans: [/sky/Role=production]}}}}");
        var vo = await _bed.ToldAsync("ful", "Delegated", "True", "Delegated");
        await _bed.World.ReadyAsync((World.Vos, _bed.Ns, "ful"));
        var (status, held) = (vo["status"]!["transfers"]!, _bed.North.Delegations.Single(d => d.Dn == TransferBed.DnOf("full")));
        Assert.Multiple(() =>
        {
            Assert.That(status["subject"]!.GetValue<string>(), Is.EqualTo(TransferBed.DnOf("full")));
            Assert.That(held.Fqans[0], Does.StartWith("/sky/Role=production"));
            Assert.That(status["fqans"]!.AsArray().Select(f => f!.GetValue<string>()), Does.Contain("/sky/Role=production"));
            Assert.That(status["delegations"]!.AsArray().Select(d => d!["server"]!.GetValue<string>()), Is.EqualTo(new[] { TransferBed.Text(_bed.North), TransferBed.Text(_bed.South) }));
            Assert.That(status["delegations"]![0]!["id"]!.GetValue<string>(), Is.EqualTo(held.Id));
            Assert.That(DateTimeOffset.Parse(status["delegatedUntil"]!.GetValue<string>(), null), Is.EqualTo(held.Ends).Within(TimeSpan.FromMinutes(1)));
            Assert.That(World.Message(vo, "Delegated"), Does.Contain($"{TransferBed.Text(_bed.North)} until ").And.Contain($"as {TransferBed.DnOf("full")} with /sky/Role=production"));
            Assert.That(SandboxBed.Condition(vo, "VomsReady")!["reason"]!.GetValue<string>(), Is.EqualTo("Given"));
            Assert.That(SandboxBed.Condition(vo, "ProxyReady")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        });

        // Nothing to do: nothing is done, neither at servers nor at the API, also by an operator that has just begun.
        await _bed.World.LooksAsync(2);
        var (calls, puts, writes) = (_bed.Calls, _bed.Puts, _bed.World.Bed.Kubernetes.Requests.Mark());
        await _bed.World.LooksAsync(3);
        Assert.That(_bed.Calls, Is.EqualTo(calls));
        Assert.That(_bed.World.Bed.Kubernetes.Requests.Since(writes, r => r.IsWrite && r.Path.EndsWith("/ful/status", StringComparison.Ordinal)), Is.Empty);
        _bed.World.Bed.KillOperator();
        _bed.World.Bed.StartOperator("--drift-interval=1s");
        await _bed.World.UntilAsync(() => _bed.North.Requests.Count(r => r.Dn == TransferBed.DnOf("full") && r.Method == "GET" && r.Path.StartsWith("/delegation/", StringComparison.Ordinal)) > Looks(vo), () => "the operator did not look what is delegated");
        await _bed.World.LooksAsync(3);
        Assert.That(_bed.Puts, Is.EqualTo(puts));

        int Looks(JsonObject _) => 2;
    }

    [Test]
    public async Task A_new_Secret_acts_at_once()
    {
        _bed.Robot("anew", "anew");
        _bed.Vo("ane", "{credentialSecretRef: {name: anew}}");
        await _bed.ToldAsync("ane", "Delegated", "True", "Delegated");
        var before = Held("anew").Pem;
        _bed.Robot("anew", "anew");
        await _bed.World.UntilAsync(() => Held("anew").Pem != before, () => "the new certificate was not delegated");

        // One of another name is another credential for FTS: the former is taken back.
        _bed.Robot("anew", "another");
        await _bed.World.UntilAsync(() => _bed.North.Delegations.Any(d => d.Dn == TransferBed.DnOf("another")) && _bed.North.Delegations.All(d => d.Dn != TransferBed.DnOf("anew")) && _bed.South.Delegations.All(d => d.Dn != TransferBed.DnOf("anew")), () => "the former name is still there");
        await _bed.ToldAsync("ane", "Delegated", "True", "Delegated");
    }

    [Test]
    public async Task While_a_server_does_not_let_go_of_the_former_name_the_status_has_both()
    {
        _bed.Robot("moved", "moved");
        _bed.Vo("mov", "{credentialSecretRef: {name: moved}}");
        await _bed.ToldAsync("mov", "Delegated", "True", "Delegated");
        _bed.North.RefusesDelete = true;
        _bed.Robot("moved", "onward");
        var vo = await _bed.World.Bed.WaitAsync(World.Vos, _bed.Ns, "mov", v => Dns(v).Count(d => d is not null) == 2);
        Assert.That(Dns(vo), Is.EqualTo(new[] { TransferBed.DnOf("onward"), TransferBed.DnOf("moved") }));
        _bed.World.Annotate(World.Vos, _bed.Ns, "mov", "rucio.cern.ch/reconcile-at", "1");
        await _bed.World.Bed.WaitAsync(World.Vos, _bed.Ns, "mov", v => v["status"]!["lastHandledReconcileAt"]?.GetValue<string>() == "1" && World.Message(v, "Delegated").Contains($"is to forget {TransferBed.DnOf("moved")}", StringComparison.Ordinal));
        _bed.North.RefusesDelete = false;
        _bed.World.Annotate(World.Vos, _bed.Ns, "mov", "rucio.cern.ch/reconcile-at", "2");
        await _bed.World.Bed.WaitAsync(World.Vos, _bed.Ns, "mov", v => Dns(v).SequenceEqual([TransferBed.DnOf("onward")]));
        await _bed.ToldAsync("mov", "Delegated", "True", "Delegated");

        List<string?> Dns(JsonObject v) => [.. (v["status"]?["transfers"]?["delegations"]?.AsArray() ?? []).Where(d => d!["server"]!.GetValue<string>() == TransferBed.Text(_bed.North)).Select(d => d!["dn"]!.GetValue<string>())];
    }

    [Test]
    public async Task A_limit_of_something_else_ends_no_delegation_and_nobody_is_said_to_know_them()
    {
        _bed.Robot("limited", "limited");
        _bed.Vo("lim", "{credentialSecretRef: {name: limited}}", "  accounts: [{name: alice}, {name: bob}]");
        await _bed.ToldAsync("lim", "Delegated", "True", "Delegated");
        await _bed.World.ReadyAsync((World.Vos, _bed.Ns, "lim"));
        var calls = Calls();
        _bed.World.PatchSpec(World.Instances, _bed.Ns, "rucio", """{"tenancy": {"limits": {"accounts": 1}}}""");
        await _bed.World.NotReadyAsync(World.Vos, _bed.Ns, "lim", "LimitExceeded");
        await _bed.ToldAsync("lim", "Delegated", "Unknown", "Waiting");
        var vo = await _bed.ToldAsync("lim", "ProxyReady", "Unknown", "Waiting");
        Assert.That(SandboxBed.Condition(vo, "VomsReady"), Is.Null, "it asks for no attributes");
        Assert.That(vo["status"]!["transfers"]!["delegations"]!.AsArray(), Has.Count.EqualTo(2));
        _bed.World.PatchSpec(World.Instances, _bed.Ns, "rucio", """{"tenancy": {"limits": null}}""");
        await _bed.ToldAsync("lim", "Delegated", "True", "Delegated");
        await _bed.World.ReadyAsync((World.Vos, _bed.Ns, "lim"));
        await _bed.World.LooksAsync(2);
        Assert.That(Calls(), Is.EqualTo(calls), "whoever had been forgotten would ask the servers anew");

        int Calls() => _bed.North.Requests.Concat(_bed.South.Requests).Count(r => r.Dn == TransferBed.DnOf("limited"));
    }

    [TestCase("none", "SecretNotFound", "Secret {ns}/none does not exist")]
    [TestCase("empty", "SecretKeyMissing", "")]
    [TestCase("garbage", "CredentialInvalid", "")]
    [TestCase("passphrase", "WrongPassphrase", "")]
    [TestCase("mixed", "KeyMismatch", "")]
    [TestCase("expired", "CredentialExpired", "")]
    [TestCase("early", "CredentialNotYetValid", "")]
    [TestCase("host", "HostCertificate", "")]
    [TestCase("stranger", "NotTrusted", "spec.trust.caBundles")]
    public async Task What_is_wrong_with_a_credential_is_one_clear_condition(string secret, string reason, string words)
    {
        var tag = $"b{secret[..2]}";
        MakeBad($"bad-{secret}");
        _bed.Vo(tag, $"{{credentialSecretRef: {{name: bad-{secret}}}}}");
        var vo = await _bed.ToldAsync(tag, "ProxyReady", "False", reason);
        Assert.That(World.Message(vo, "ProxyReady"), Does.StartWith("spec.transfers.credentialSecretRef: Secret ").And.Contain(words.Replace("{ns}/none", $"{_bed.Ns}/bad-none")));
        await _bed.World.EventAsync(_bed.Ns, tag, reason, "ProxyReady");
        await _bed.World.NotReadyAsync(World.Vos, _bed.Ns, tag, reason);

        _bed.Robot($"bad-{secret}", $"good-{secret}");
        await _bed.ToldAsync(tag, "Delegated", "True", "Delegated");
        await _bed.World.ReadyAsync((World.Vos, _bed.Ns, tag));
    }

    [Test]
    public async Task Who_is_no_member_is_told_so_in_VOMS_words_and_so_is_one_whose_host_may_not_be_named()
    {
        _bed.Robot("nobody", "nobody");
        _bed.Vo("nob", $"{{credentialSecretRef: {{name: nobody}}, voms: {{vo: sky, host: localhost, port: {_bed.Voms.Port}}}}}");
        await _bed.ToldAsync("nob", "VomsReady", "False", "VomsRefused");
        await _bed.ToldAsync("nob", "ProxyReady", "False", "WaitingForVoms");
        await _bed.World.EventAsync(_bed.Ns, "nob", "VomsRefused", "VomsReady");
        _bed.World.PatchSpec(World.Vos, _bed.Ns, "nob", """{"transfers": {"voms": {"host": "10.0.0.7"}}}""");
        Assert.That(World.Message(await _bed.ToldAsync("nob", "VomsReady", "False", "HostNotAllowed"), "VomsReady"), Does.Contain("allowedHosts"));
        _bed.Voms.Members[TransferBed.DnOf("nobody")] = ["/sky"];
        _bed.World.PatchSpec(World.Vos, _bed.Ns, "nob", """{"transfers": {"voms": {"host": "localhost"}}}""");
        await _bed.ToldAsync("nob", "Delegated", "True", "Delegated");
    }

    [Test]
    public async Task VOMS_that_is_down_is_told_and_asked_again_for_whoever_asks()
    {
        _bed.Voms.IsDown = true;
        _bed.Robot("patient", "patient");
        _bed.Voms.Members[TransferBed.DnOf("patient")] = ["/sky"];
        _bed.Vo("pat", $"{{credentialSecretRef: {{name: patient}}, voms: {{vo: sky, host: localhost, port: {_bed.Voms.Port}}}}}");
        await _bed.ToldAsync("pat", "VomsReady", "False", "VomsUnreachable");
        _bed.Voms.IsDown = false;
        _bed.World.Annotate(World.Vos, _bed.Ns, "pat", "rucio.cern.ch/reconcile-at", "1");
        await _bed.ToldAsync("pat", "Delegated", "True", "Delegated");
    }

    [Test]
    public async Task Who_is_refused_by_FTS_is_told_so_in_its_words()
    {
        _bed.North.BannedDns[TransferBed.DnOf("banned")] = true;
        _bed.Robot("banned", "banned");
        _bed.Vo("ban", $"{{credentialSecretRef: {{name: banned}}, fts: \"{TransferBed.Text(_bed.North)}\"}}");
        Assert.That(World.Message(await _bed.ToldAsync("ban", "Delegated", "False", "FtsRefused"), "Delegated"), Does.StartWith($"{TransferBed.Text(_bed.North)}: ").And.Contain("banned"));
        await _bed.World.EventAsync(_bed.Ns, "ban", "FtsRefused", "banned");
        Assert.That(_bed.South.Requests.Where(r => r.Dn == TransferBed.DnOf("banned")), Is.Empty, "the VO has chosen one server");
    }

    [Test]
    public async Task A_server_of_nobody_s_list_is_refused_by_the_field()
    {
        _bed.Robot("chooser", "chooser");
        _bed.Vo("cho", "{credentialSecretRef: {name: chooser}, fts: 'https://fts.elsewhere.example.org:8446'}");
        Assert.That(World.Message(await _bed.ToldAsync("cho", "Delegated", "False", "FtsNotOffered"), "Delegated"), Does.StartWith("spec.transfers.fts: ").And.Contain(TransferBed.Text(_bed.South)));
    }

    [Test]
    public async Task A_clock_that_is_off_is_told_with_both_times()
    {
        _bed.North.ClockOff = TimeSpan.FromMinutes(-20);
        _bed.Robot("late", "late");
        _bed.Vo("lat", $"{{credentialSecretRef: {{name: late}}, fts: \"{TransferBed.Text(_bed.North)}\"}}");
        var vo = await _bed.World.Bed.WaitAsync(World.Vos, _bed.Ns, "lat", v => SandboxBed.Condition(v, "Delegated")?["reason"]?.GetValue<string>() == "ClockSkew");
        Assert.That(World.Message(vo, "Delegated"), Does.Contain("its clock is 20 minutes behind the operator's"));
        await _bed.World.EventAsync(_bed.Ns, "lat", "ClockSkew", "20 minutes");
    }

    [Test]
    public async Task One_server_that_is_down_holds_up_no_other_and_who_leaves_waits_for_it_to_forget()
    {
        _bed.South.IsDown = true;
        _bed.Robot("half", "half");
        _bed.Vo("hal", "{credentialSecretRef: {name: half}}", "  deletionPolicy: Offboard");
        await _bed.World.Bed.WaitAsync(World.Vos, _bed.Ns, "hal", v => SandboxBed.Condition(v, "Delegated") is { } told && told["status"]!.GetValue<string>() == "False" && told["reason"]!.GetValue<string>() == "FtsUnreachable" && World.Message(v, "Delegated").Contains($"{TransferBed.Text(_bed.North)} until ", StringComparison.Ordinal));
        Assert.That(_bed.North.Delegations.Select(d => d.Dn), Does.Contain(TransferBed.DnOf("half")));
        _bed.South.IsDown = false;
        _bed.World.Annotate(World.Vos, _bed.Ns, "hal", "rucio.cern.ch/reconcile-at", "1");
        await _bed.ToldAsync("hal", "Delegated", "True", "Delegated");

        _bed.South.IsDown = true;
        _bed.World.Store.Delete(World.Vos, _bed.Ns, "hal");
        Assert.That(World.Message(await _bed.ToldAsync("hal", "Offboarded", "False", "FtsUnreachable"), "Offboarded"), Does.Contain(TransferBed.Text(_bed.South)).And.Contain("1 hour at most"));
        await _bed.World.UntilAsync(() => _bed.North.Delegations.All(d => d.Dn != TransferBed.DnOf("half")), () => "the server that answers has not forgotten");
        Assert.That(await _bed.World.ValueAsync(_bed.World.DatabaseName(_bed.Ns), "SELECT count(*) FROM account_map WHERE account = 'root@hal'"), Is.EqualTo("1"), "the operator still gets in");
        _bed.South.IsDown = false;
        _bed.World.Annotate(World.Vos, _bed.Ns, "hal", "rucio.cern.ch/reconcile-at", "2");
        await _bed.World.GoneAsync(World.Vos, _bed.Ns, "hal");
        Assert.That(_bed.South.Delegations.Select(d => d.Dn), Does.Not.Contain(TransferBed.DnOf("half")));
        await _bed.World.EventAsync(_bed.Ns, "hal", "Offboarded");
    }

    [Test]
    public async Task Two_VOs_of_one_name_share_what_FTS_holds_and_neither_takes_it_from_the_other()
    {
        var pair = _bed.Authority.IssueToRobot("twin");
        _bed.Secret("twin", pair);
        _bed.Vo("tw1", "{credentialSecretRef: {name: twin}}", "  deletionPolicy: Offboard");
        _bed.Vo("tw2", "{credentialSecretRef: {name: twin}}");
        await _bed.ToldAsync("tw1", "Delegated", "True", "Delegated");
        await _bed.ToldAsync("tw2", "Delegated", "True", "Delegated");
        Assert.That(_bed.North.Requests.Count(r => r.Dn == TransferBed.DnOf("twin") && r.Method == "PUT"), Is.EqualTo(1), "the second sees what the first has done");
        _bed.World.Store.Delete(World.Vos, _bed.Ns, "tw1");
        await _bed.World.GoneAsync(World.Vos, _bed.Ns, "tw1");
        Assert.That(_bed.North.Delegations.Select(d => d.Dn), Does.Contain(TransferBed.DnOf("twin")));
    }

    [Test]
    public async Task What_only_looks_or_is_suspended_calls_nobody()
    {
        _bed.Robot("quiet", "quiet");
        _bed.Vo("qui", "{credentialSecretRef: {name: quiet}}", "  suspend: true");
        await _bed.World.Bed.WaitAsync(World.Vos, _bed.Ns, "qui", v => SandboxBed.Condition(v, "Suspended") is not null);
        _bed.World.Annotate(World.Vos, _bed.Ns, "qui", "rucio.cern.ch/dry-run", "true");
        _bed.World.PatchSpec(World.Vos, _bed.Ns, "qui", """{"suspend": false}""");
        await _bed.World.Bed.WaitAsync(World.Vos, _bed.Ns, "qui", v => v["status"]?["plan"] is not null);
        await _bed.World.LooksAsync(2);
        Assert.That(_bed.North.Requests.Where(r => r.Dn == TransferBed.DnOf("quiet")), Is.Empty);
        _bed.World.Annotate(World.Vos, _bed.Ns, "qui", "rucio.cern.ch/dry-run", null);
        await _bed.ToldAsync("qui", "Delegated", "True", "Delegated");
    }

    [Test]
    public async Task Who_gives_its_credential_up_is_forgotten_by_FTS_and_told_that_nobody_moves_its_data()
    {
        _bed.Robot("former", "former");
        _bed.Vo("frm", "{credentialSecretRef: {name: former}}");
        await _bed.ToldAsync("frm", "Delegated", "True", "Delegated");
        _bed.World.PatchSpec(World.Vos, _bed.Ns, "frm", """{"transfers": null}""");
        await _bed.ToldAsync("frm", "Delegated", "False", "NoCredential");
        await _bed.World.UntilAsync(() => _bed.North.Delegations.Concat(_bed.South.Delegations).All(d => d.Dn != TransferBed.DnOf("former")), () => "FTS still holds it");
        await _bed.World.Bed.WaitAsync(World.Vos, _bed.Ns, "frm", v => v["status"]!["transfers"] is null && SandboxBed.IsReady(v) && SandboxBed.Condition(v, "ProxyReady") is null);
    }

    private Sandbox.Grid.Delegation Held(string robot) => _bed.North.Delegations.Single(d => d.Dn == TransferBed.DnOf(robot));

    private void MakeBad(string secret)
    {
        using var stranger = new ThrowAwayAuthority("Nobody");
        var good = _bed.Authority.IssueToRobot("bad");
        switch (secret)
        {
            case "bad-none":
                break;
            case "bad-empty":
                _bed.Secret(secret, (good.CertificatePem, ""));
                break;
            case "bad-garbage":
                _bed.Secret(secret, ("certificate", "key"));
                break;
            case "bad-passphrase":
                using (var key = RSA.Create())
                {
                    key.ImportFromPem(good.KeyPem);
                    _bed.Secret(secret, (good.CertificatePem, key.ExportEncryptedPkcs8PrivateKeyPem("right", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000))), "wrong-passphrase");
                }
                break;
            case "bad-mixed":
                _bed.Secret(secret, (good.CertificatePem, _bed.Authority.IssueToRobot("bad").KeyPem));
                break;
            case "bad-expired":
                _bed.Secret(secret, _bed.Authority.IssueToRobot("bad", DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(-1)));
                break;
            case "bad-early":
                _bed.Secret(secret, _bed.Authority.IssueToRobot("bad", DateTimeOffset.UtcNow.AddDays(1), DateTimeOffset.UtcNow.AddDays(9)));
                break;
            case "bad-host":
                _bed.Secret(secret, _bed.Authority.IssueToRobot("bad", extensions: [new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true), new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)]));
                break;
            default:
                _bed.Secret(secret, stranger.IssueToRobot("bad"));
                break;
        }
    }
}
