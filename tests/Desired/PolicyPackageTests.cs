using System.Text.Json;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Desired;

public sealed class PolicyPackageTests
{
    private const string Digest = "registry.example.org/policies/atlas@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly PolicyPackage files = new("cms", "cms.policy", null, "", new Dictionary<string, string> { ["__init__.py"] = "", ["permission.py"] = "p" });
    private static readonly PolicyPackage image = new("atlas", "atlas_policy", Digest, "/policy", new Dictionary<string, string>());

    private static InstanceInputs With(IReadOnlyList<PolicyPackage> used, IReadOnlyList<PolicyPackage>? candidates = null, IReadOnlyDictionary<string, string>? selected = null) => Inputs.Of() with
    {
        VoTags = ["cms", "sky"],
        PolicyPackages = used,
        PolicyCandidates = candidates ?? [],
        SelectedPackages = selected ?? new Dictionary<string, string>(),
    };

    [Test]
    public void Every_process_of_rucio_has_the_packages()
    {
        var inputs = With([files with { CheckedAs = "f" }, image]);
        var pods = DesiredInstance.Objects(inputs).OfType<V1Deployment>().Where(d => d.Spec.Template.Metadata.Annotations?.ContainsKey(RucioPod.ConfigHashAnnotation) == true).Select(d => d.Spec.Template.Spec).ToList();
        Assert.That(pods, Has.Count.GreaterThan(3));
        foreach (var pod in pods)
        {
            Assert.That(pod.Containers[0].VolumeMounts.Select(m => m.MountPath), Is.SupersetOf(new[] { "/opt/rucio/policy-packages/cms/cms/policy", "/opt/rucio/policy-packages/atlas" }));
            Assert.That(pod.InitContainers.Single().Image, Is.EqualTo(Digest));
            Assert.That(pod.InitContainers.Single().Command, Is.EqualTo(new[] { "cp", "-RL", "/policy/.", "/copy/" }));
        }
        Assert.That(DesiredInstance.Objects(inputs).OfType<V1ConfigMap>().Single(m => m.Metadata.Name == "rucio-policy").Data["packages.json"], Is.EqualTo("""{"atlas":"atlas_policy","cms":"cms.policy"}"""));
        var secret = DesiredInstance.Objects(inputs).OfType<V1Secret>().Single(s => s.Metadata.Name == "rucio-policy-cms");
        Assert.That(PolicyPackage.Parse("cms", secret)!.Content, Is.EqualTo(files.Content));
        Assert.That(PolicyPackage.Parse("cms", secret)!.CheckedAs, Is.EqualTo("f"));
    }

    [Test]
    public void Pods_roll_with_a_packages_content_and_with_who_selects_it_and_not_with_a_new_vo()
    {
        var before = Hash(With([files]));
        Assert.That(Hash(With([files]) with { VoTags = ["cms", "sky", "sea"] }), Is.EqualTo(before));
        Assert.That(Hash(With([files with { CheckedAs = "by another release" }])), Is.EqualTo(before));
        Assert.That(Hash(With([files with { Files = new Dictionary<string, string> { ["permission.py"] = "q" } }])), Is.Not.EqualTo(before));
        Assert.That(Hash(With([files], [image])), Is.EqualTo(before));
        var selected = With([files], selected: new Dictionary<string, string> { ["sky"] = "cms" });
        Assert.That(Hash(selected), Is.Not.EqualTo(before));
        Assert.That(RucioConfig.Vos(selected).ToJsonString(), Is.EqualTo("""{"policy":{"package-cms":"rucio_tenant_policy","package-sky":"rucio_tenant_policy.selected.sky.cms"}}"""));

        static string Hash(InstanceInputs i) => Servers.PublicApi(i).Spec.Template.Metadata.Annotations[RucioPod.ConfigHashAnnotation];
    }

    [Test]
    public void What_is_new_is_checked_alone_by_a_job_of_its_own_content_and_release()
    {
        var inputs = With([files], [image, files with { Module = "cms_policy" }]);
        var jobs = DesiredInstance.Objects(inputs).OfType<V1Job>().ToList();
        Assert.That(jobs.Select(j => j.Spec.Template.Spec.Containers[0].Command[^1]), Is.EqualTo(new[] { "atlas_policy", "cms_policy" }));
        foreach (var job in jobs)
        {
            var pod = job.Spec.Template.Spec;
            Assert.That(pod.Containers[0].VolumeMounts.Count(m => m.MountPath.StartsWith(PolicyPackage.Folder, StringComparison.Ordinal)), Is.EqualTo(1));
            Assert.That(pod.SecurityContext.RunAsNonRoot, Is.True);
        }
        Assert.That(jobs[1].Spec.Template.Spec.Volumes.Single(v => v.Name == "policy-cms").Secret.SecretName, Is.EqualTo(jobs[1].Metadata.Name));
        Assert.That(image.Fingerprint("41.0.0"), Is.Not.EqualTo(image.Fingerprint("41.0.1")));
        Assert.That(DesiredInstance.Objects(inputs with { Phase = InstancePhase.Hibernated }).OfType<V1Job>(), Is.Empty);
    }

    [Test]
    public async Task A_package_is_asked_after_what_keeps_vos_apart_and_a_bad_one_harms_nobody_else()
    {
        Python.Require();
        var folder = Directory.CreateTempSubdirectory("policy-packages-").FullName;
        try
        {
            var packages = new Dictionary<string, string> { ["good"] = "good_policy", ["broken"] = "broken_policy", ["silent"] = "silent_policy", ["another"] = "another_policy" };
            var policy = Directory.CreateDirectory(Path.Combine(folder, "policy")).FullName;
            TenantPolicyTests.Write(policy);
            await File.WriteAllTextAsync(Path.Combine(policy, TenantPolicyPackage.Name, "packages.json"), JsonSerializer.Serialize(packages));
            await File.WriteAllTextAsync(Path.Combine(folder, PolicyCheckJob.FileName), PolicyCheckJob.Script);
            await File.WriteAllTextAsync(Path.Combine(folder, BootstrapScript.FileName), BootstrapScript.Text);
            await File.WriteAllTextAsync(Path.Combine(folder, "rucio.cfg"), "[database]\ndefault = postgresql+psycopg://u@h/d\n");
            Write("good", "json.py", "raise SystemExit('in place of Python\\'s own')");
            Write("good", "good_policy/__init__.py", "def get_algorithms():\n    return {'lfn2pfn': {'abc_own': len, 'hash': len}}\n");
            Write("good", "good_policy/schema.py", "OWN = 'own'\ndef validate_schema(name, obj): pass\n");
            Write("good", "good_policy/permission.py", """
                def has_permission(issuer, action, kwargs, *, session):
                    if action == 'set_status':
                        None()
                    if action == 'add_did':
                        raise KeyError('x')
                    return {'set_metadata': False, 'detach_dids': None}.get(action, True)
                """);
            Write("broken", "broken_policy/__init__.py", "def (");
            Write("silent", "silent_policy/__init__.py", "");
            Write("exits", "exits_policy/__init__.py", "raise SystemExit('bye')");
            Write("another", "another_policy/__init__.py", "SUPPORTED_VERSION = 'another'");
            Write("another", "another_policy/permission.py", "def has_permission(issuer, action, kwargs, *, session):\n    return True\n");
            var said = await Python.JsonAsync(Python.Script("policy_packages.py"), [policy, Path.Combine(folder, PolicyCheckJob.FileName)], "[]");
            Assert.That(said.ToString(), Is.EqualTo(
                """{"asked": true, "denied": false, "noOpinion": [true, false], "noAction": [true, false], "global": false, "root": false, "otherVo": false, "dots": false, "login": [true, false], "access": false, "error": false, "schema": "own", "sameModule": true, "noSchema": "ModuleNotFoundError", "algorithms": {"lfn2pfn": ["abc_own"]}, "broken": [false, true, {}], "silent": false, "another": "RucioException", "unknown": "ModuleNotFoundError", "checked": ["0 check: good_policy: permissions, schema of its own, algorithms of its own", "1 import: SyntaxError: invalid syntax (__init__.py, line 1)", "1 permission: ModuleNotFoundError: No module named 'silent_policy.permission'", "1 import: RucioException: another version", "1 import: SystemExit: bye"], "shadowed": false}"""));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Write(string package, string file, string text)
        {
            var path = Path.Combine(folder, "policy-packages", package, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }
}
