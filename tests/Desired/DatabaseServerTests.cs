using System.Text.Json.Nodes;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Desired;

public sealed class DatabaseServerTests
{
    private static readonly ResourceKind Kind = OptionalKinds.Cluster.Candidates.First();
    private static readonly ApiKinds Served = new(new Dictionary<OptionalKind, ResourceKind> { [OptionalKinds.Cluster] = Kind });

    [Test]
    public void Servers_of_somebody_else_need_no_objects_and_a_kind_that_is_not_served_makes_none()
    {
        Assert.That(DatabaseServer.Objects(Instance(new() { Provision = new() }), Served), Is.Empty);
        Assert.That(DatabaseServer.Objects(Instance(new() { Existing = new() }), Served), Is.Empty);
        Assert.That(DatabaseServer.Objects(Instance(new() { CloudNativePG = new() }), ApiKinds.None), Is.Empty);
        Assert.That(DatabaseServer.ServiceOf(Instance(new() { Provision = new() })), Is.Null);
    }

    [Test]
    public void The_smallest_Cluster_has_three_instances_a_database_a_role_and_one_that_only_reads()
    {
        var cluster = (UntypedObject)DatabaseServer.Objects(Instance(new() { CloudNativePG = new() }), Served).Single();
        Assert.That(JsonNode.DeepEquals(cluster.Spec, JsonNode.Parse("""
            {
              "instances": 3,
              "storage": {"size": "20Gi"},
              "bootstrap": {"initdb": {"encoding": "UTF8", "database": "rucio", "owner": "rucio"}},
              "postgresql": {"parameters": {"max_connections": "300"}},
              "managed": {"roles": [{"name": "rucio_observer", "ensure": "present", "login": true, "passwordSecret": {"name": "one-postgres-observer"}}]}
            }
            """)), cluster.Spec!.ToJsonString());
        Assert.That((cluster.ApiVersion, cluster.Metadata.Name), Is.EqualTo(("postgresql.cnpg.io/v1", "one-postgres")));
    }

    [Test]
    public void Recovery_takes_the_place_of_an_empty_database_and_what_is_given_is_not_shared()
    {
        var wanted = new CloudNativePGDatabase
        {
            Instances = 1,
            StorageSize = "1Ti",
            StorageClassName = "fast",
            Recovery = new JsonObject { ["source"] = "before", ["owner"] = "somebody" },
            ExternalClusters = [new JsonObject { ["name"] = "before" }],
        };
        var instance = Instance(new() { CloudNativePG = wanted });
        var (once, again) = ((UntypedObject)DatabaseServer.Objects(instance, Served).Single(), (UntypedObject)DatabaseServer.Objects(instance, Served).Single());
        Assert.That(once.Spec!["bootstrap"]!.ToJsonString(), Is.EqualTo("""{"recovery":{"source":"before","owner":"somebody","database":"rucio"}}"""));
        Assert.That(once.Spec["storage"]!.ToJsonString(), Is.EqualTo("""{"size":"1Ti","storageClass":"fast"}"""));
        Assert.That(once.Spec["externalClusters"]!.ToJsonString(), Is.EqualTo("""[{"name":"before"}]"""));
        Assert.That(JsonNode.DeepEquals(once.Spec, again.Spec));
    }

    [Test]
    public void The_embedded_pod_is_restricted_and_gets_no_more_than_the_superusers_password_and_its_certificate()
    {
        var objects = DatabaseServer.Objects(Instance(new() { Embedded = new() { StorageSize = "7Gi", StorageClassName = "slow" } }), ApiKinds.None);
        var (set, claim) = (objects.OfType<V1StatefulSet>().Single(), objects.OfType<V1PersistentVolumeClaim>().Single());
        var (pod, container) = (set.Spec.Template.Spec, set.Spec.Template.Spec.Containers.Single());

        Assert.That((pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.SeccompProfile.Type, container.SecurityContext.AllowPrivilegeEscalation), Is.EqualTo(((bool?)true, "RuntimeDefault", (bool?)false)));
        Assert.That(container.SecurityContext.Capabilities.Drop, Is.EqualTo(new[] { "ALL" }));
        Assert.That(container.SecurityContext.ReadOnlyRootFilesystem, Is.True);
        Assert.That(pod.Volumes.Where(v => v.Secret is not null).Select(v => (v.Secret.SecretName, string.Join(" ", v.Secret.Items.Select(i => i.Key)))), Is.EqualTo(new[] { ("one-postgres-tls", "tls.crt tls.key"), ("one-postgres-login", "password") }));
        Assert.That(pod.AutomountServiceAccountToken, Is.False);
        Assert.That((claim.Spec.StorageClassName, claim.Spec.Resources.Requests["storage"].ToString()), Is.EqualTo(("slow", "7Gi")));
        Assert.That(set.Spec.VolumeClaimTemplates, Is.Null, "a claim of its own can be labelled, grown and found");
        Assert.That(objects.OfType<V1ConfigMap>().Single().Data["pg_hba.conf"], Does.Contain("hostssl all").And.Not.Contain("trust"));
    }

    [TestCase("one", "one-postgres")]
    [TestCase("a-very-long-name-of-an-instance-that-somebody-chose", "a-very-long-name-of-an-instance-that-some-")]
    public void Names_fit_into_what_CloudNativePG_allows(string instance, string begin)
    {
        var name = new InstanceNames("ns", instance).Postgres;
        Assert.That(name, Does.StartWith(begin));
        Assert.That(name.Length, Is.LessThanOrEqualTo(50));
        Assert.That(new InstanceNames("ns", instance + "x").Postgres, Is.Not.EqualTo(name));
    }

    private static RucioInstance Instance(DatabaseSpec database) => new()
    {
        Metadata = new V1ObjectMeta { Name = "one", NamespaceProperty = "ns" },
        Spec = new RucioInstanceSpec { Version = "41.0.0", Database = database },
    };
}
