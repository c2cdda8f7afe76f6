using System.Text;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Desired.Checks;

namespace RucioOperator.Tests.Desired;

public sealed class DataPathJobTests
{
    private static readonly VirtualOrganisation Vo = new()
    {
        Metadata = new() { Name = "sky", NamespaceProperty = "sky-ns" },
        Spec = new() { InstanceRef = new() { Name = "rucio", Namespace = "platform" }, Tag = "sky", ClientConfig = DataPathInputs.ClientSpec },
    };

    [Test]
    public void The_Job_runs_in_the_tenants_namespace_without_any_right_and_names_no_password()
    {
        var job = DataPathJob.Job(Inputs(new RucioInstanceSpec { Version = "41.0.0" }) with { Credential = new() { Name = "proxy" } });
        var (pod, container) = (job.Spec.Template.Spec, job.Spec.Template.Spec.Containers[0]);
        Assert.Multiple(() =>
        {
            Assert.That((job.Metadata.NamespaceProperty, job.Metadata.Name), Is.EqualTo(("sky-ns", "sky-data-path")));
            Assert.That((pod.AutomountServiceAccountToken, pod.SecurityContext.RunAsNonRoot, container.SecurityContext.ReadOnlyRootFilesystem, container.SecurityContext.AllowPrivilegeEscalation), Is.EqualTo(((bool?)false, (bool?)true, (bool?)true, (bool?)false)));
            Assert.That(container.SecurityContext.Capabilities.Drop, Is.EqualTo(new[] { "ALL" }));
            Assert.That(container.Image, Is.EqualTo("docker.io/rucio/rucio-clients:release-41.0.0"));
            Assert.That(container.Env.Select(e => e.Value), Has.None.Contain("SECRET"));
            Assert.That(job.Spec.Template.Metadata.Labels, Does.Not.ContainKey(Labels.Instance), "the instance's network policies are not for it");
            Assert.That(pod.Volumes.Select(v => v.Secret?.SecretName).OfType<string>(), Is.EqualTo(new[] { "sky-data-path", "proxy" }));
        });
    }

    [Test]
    public void The_Secret_has_the_script_and_the_configuration_that_users_get()
    {
        var secret = DataPathJob.Secret(Inputs(new RucioInstanceSpec { Version = "41.0.0" }))!;
        Assert.That(Encoding.UTF8.GetString(secret.Data["rucio.cfg"]), Does.Contain("account = operator-check").And.Contain("password = SECRET").And.Contain("rucio_host = http://rucio-api.platform.svc"));
        Assert.That(Encoding.UTF8.GetString(secret.Data[DataPathJob.ScriptName]), Does.Contain("def try_storage"));
        Assert.That(DataPathJob.Secret(Inputs(new RucioInstanceSpec { Version = "41.0.0" }, password: null)), Is.Null);
    }

    [TestCase("41.0.0", null, ExpectedResult = "mirror.example.org/grid/rucio-clients:release-41.0.0")]
    [TestCase("", "40.4.1", ExpectedResult = "mirror.example.org/grid/rucio-clients:release-40.4.1", Description = "external: what runs there")]
    [TestCase("", null, ExpectedResult = "mirror.example.org/grid/rucio-clients:release-41.0.0", Description = "the newest known")]
    public string The_client_is_that_of_the_release_and_comes_from_the_mirror(string version, string? runs) =>
        DataPathJob.Job(Inputs(new RucioInstanceSpec { Version = version, Images = new() { Registry = "mirror.example.org/grid" } }) with { ServerVersion = runs }).Spec.Template.Spec.Containers[0].Image;

    private static DataPathInputs Inputs(RucioInstanceSpec spec, string? password = "SECRET") => new(
        new ClientConfigInputs(Vo, new RucioInstance { Metadata = new() { Name = "rucio", NamespaceProperty = "platform" }, Spec = spec }, new ClientLogin(ClientAuthType.Userpass, null), null) { ServicePassword = password }, null)
    {
        Run = "20260101t000000",
        Storages = ["SKY_DISK"],
    };
}
