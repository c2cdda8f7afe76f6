using NUnit.Framework;
using RucioOperator.Commands;

namespace RucioOperator.Tests.Commands.Doctor;

/// <summary>Manifests without a cluster.</summary>
public sealed class DoctorFilesTests
{
    private const string Instance = """
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: rucio}
        spec:
          version: 41.0.0
          database: {existing: {host: 127.0.0.1, port: 1, name: rucio, sslMode: Disable, credentialsSecretRef: {name: db}}}
        ---

        """;

    private const string Secret = """
        apiVersion: v1
        kind: Secret
        metadata: {name: db, namespace: rucio}
        stringData: {username: rucio, password: s3cret-s3cret}
        ---

        """;

    [Test]
    public async Task Fields_are_named_with_their_file_and_line()
    {
        var run = await DoctorRun.OfAsync(null, Instance.Replace("version: 41.0.0", "version: 41.0.0\n  daemons: {profile: Huge}") + """
            apiVersion: rucio.cern.ch/v1alpha1
            kind: VirtualOrganisation
            metadata: {name: sky, namespace: rucio}
            spec:
              instanceRef: {name: rucio}
              tag: def1
            """, "--offline");
        Assert.That(run.Code, Is.EqualTo((int)ExitCode.Found));
        Assert.That(DoctorRun.Text(run.Find("RucioInstance rucio/rucio", "manifest", "InvalidField"), "message"), Does.StartWith("stdin:6: spec.daemons.profile"));
        Assert.That(DoctorRun.Text(run.Find("VirtualOrganisation rucio/sky", "manifest", "InvalidField"), "message"), Does.StartWith("stdin:14: spec.tag"));
    }

    [TestCase("  tennancy: {}", "spec.tennancy: is no field: did you mean tenancy?")]
    [TestCase("  api: {host: rucio.example.org, tls: {secretRef: {nam: tls}}}", "spec.api.tls.secretRef.nam: is no field: did you mean name?")]
    [TestCase("  version: 999.0.0", "spec.version: Rucio 999 is not a line this operator knows")]
    public async Task What_plan_says_of_a_field_so_does_doctor(string line, string words)
    {
        var manifest = Instance.Replace("  version: 41.0.0", line.Contains("version", StringComparison.Ordinal) ? $"  multiVo: true\n{line}" : $"  version: 41.0.0\n{line}");
        var run = await DoctorRun.OfAsync(null, manifest, "--offline");
        var said = run.Findings.Where(f => DoctorRun.Text(f, "check") == "manifest").Select(f => DoctorRun.Text(f, "message")).ToList();
        Assert.That(said, Has.Some.StartsWith($"stdin:6: {words}"));
        Assert.That((await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], manifest)).Error, Is.EqualTo(string.Concat(said.Select(one => $"{one}\n"))));
    }

    [TestCase("kind: RucioInstanze", "rucio.cern.ch/v1alpha1 has no kind RucioInstanze")]
    [TestCase("apiVersion: rucio.cern.ch/v1", "rucio.cern.ch/v1 is not a version this operator knows")]
    public async Task A_kind_or_version_that_there_is_not_is_no_manifest_of_somebody_elses(string line, string words)
    {
        var name = line.Split(':')[0];
        var run = await DoctorRun.OfAsync(null, System.Text.RegularExpressions.Regex.Replace(Instance, $"^{name}: .*$", line, System.Text.RegularExpressions.RegexOptions.Multiline), "--offline");
        Assert.That(run.Code, Is.EqualTo((int)ExitCode.Found));
        Assert.That(DoctorRun.Text(run.Findings[0], "message"), Does.Contain(words));
    }

    [Test]
    public async Task One_that_is_wrong_is_not_said_to_be_missing_where_others_name_it()
    {
        var run = await DoctorRun.OfAsync(null, Instance.Replace("41.0.0", "old") + """
            apiVersion: rucio.cern.ch/v1alpha1
            kind: VirtualOrganisation
            metadata: {name: sky, namespace: rucio}
            spec: {instanceRef: {name: rucio}, tag: sky}
            """, "--offline");
        Assert.That(run.Complaints, Is.EqualTo((string[])["RucioInstance rucio/rucio manifest InvalidField", "VirtualOrganisation rucio/sky instance Unsound"]));
    }

    [Test]
    public async Task A_Secret_of_the_files_is_used_and_never_shown()
    {
        var run = await DoctorRun.OfAsync(null, Instance + Secret, "--offline");
        Assert.That(DoctorRun.Text(run.Find("RucioInstance rucio/rucio", "database", "DatabaseUnreachable"), "message"), Does.StartWith("127.0.0.1:1 cannot be reached"));
        Assert.That(DoctorRun.Text(run.Find("RucioInstance rucio/rucio", "database", "DatabaseUnreachable"), "next"), Does.Contain("PostgreSQL listens"));
        Assert.That(run.All, Does.Not.Contain("s3cret"));
    }

    [TestCase("", "NoCluster")]
    [TestCase("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: rucio}", "ToBeMade")]
    [TestCase("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: from-vault, namespace: rucio}\nspec: {target: {name: db}}", "ToBeMade")]
    [TestCase("apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: rucio}\nstringData: {password: 'ENC[AES256_GCM,data:x]'}\nsops: {version: 3.9.0}", "ToBeMade")]
    public async Task A_Secret_that_is_not_there_yet_is_no_error(string more, string reason)
    {
        var run = await DoctorRun.OfAsync(null, Instance + more, "--offline");
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Complaints, Is.EqualTo((string[])[$"RucioInstance rucio/rucio database {reason}"]));
    }

    [Test]
    public async Task What_only_pods_know_is_not_asked_from_outside()
    {
        var run = await DoctorRun.OfAsync(null, Instance.Replace("127.0.0.1", "postgres.databases.svc") + Secret, "--offline");
        Assert.That(run.Complaints, Is.EqualTo((string[])["RucioInstance rucio/rucio database InsideTheCluster"]));
        Assert.That(DoctorRun.Text(run.Find("RucioInstance rucio/rucio", "database"), "next"), Does.Contain("kubectl -n"));
    }

    [TestCase("data: {password: '***'}", "NotBase64")]
    [TestCase("stringData: {username: rucio}", "SecretKeyMissing")]
    public async Task A_Secret_that_cannot_work_is_an_error(string content, string reason)
    {
        var run = await DoctorRun.OfAsync(null, Instance + $"apiVersion: v1\nkind: Secret\nmetadata: {{name: db, namespace: rucio}}\n{content}\n", "--offline");
        Assert.That(run.Code, Is.EqualTo((int)ExitCode.Found));
        Assert.That(run.Of("error").Select(e => e.Split(' ')[^1]), Does.Contain(reason));
    }

    [Test]
    public async Task People_get_a_table_and_what_to_do_next()
    {
        var run = await CommandRun.OfAsync(["doctor", "--offline", "-f", "-"], Instance);
        Assert.That(run.Out, Is.EqualTo("""
            RESULT       OBJECT                      CHECK      MESSAGE
            ok           RucioInstance rucio/rucio   manifest   stdin: its fields are as they must be
            ok           RucioInstance rucio/rucio   release    Rucio 41.0.0 is known; its catalogue is at revision 7c3f1c0ab9d2
            notChecked   RucioInstance rucio/rucio   database   Secret rucio/db is not in the files, and no cluster was asked

            Next:
              RucioInstance rucio/rucio database
                add it to the files, or run doctor with a kubeconfig

            2 ok, 1 not checked, 0 warning, 0 error

            """.Replace("7c3f1c0ab9d2", RucioOperator.Releases.ReleaseCatalogue.Find("41.0.0").Release!.AlembicHead)));
    }

    [Test]
    public async Task Files_without_a_resource_of_ours_and_offline_without_files_are_mistakes()
    {
        Assert.That((await CommandRun.OfAsync(["doctor", "-f", "-", "--offline"], Secret)).Code, Is.EqualTo((int)ExitCode.Failed));
        Assert.That((await CommandRun.OfAsync(["doctor", "--offline"])).Error, Does.Contain("name manifests with -f"));
    }
}
