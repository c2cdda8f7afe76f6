using k8s;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Desired;

/// <summary>The rules of Kubernetes' PodSecurity levels, for every pod that is rendered.</summary>
public sealed class PodSecurityTests
{
    /// <summary>They start as root, and why is said beside it.</summary>
    private static readonly string[] NeedRoot = ["admin", "api", "auth", "trace", "webui"];

    private static readonly string[] BaselineCapabilities =
        ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"];

    private static IEnumerable<(string Name, V1PodSpec Pod)> Pods()
    {
        var inputs = InstanceCase.Of("{daemons: {profile: Tape, groups: [{name: rebalance, daemon: bb8}]}, transfers: {ftsServers: ['https://fts.example.org:8446']}, messaging: {hermes: {hosts: [mq], tls: true, destination: /topic/x, credentialsSecretRef: {name: mq}}}}");
        foreach (var o in DesiredInstance.Objects(inputs).Concat(DesiredInstance.Objects(inputs with { Phase = InstancePhase.Bootstrap })))
        {
            if (o is V1Deployment d)
                yield return (d.Metadata.Name["rucio-".Length..], d.Spec.Template.Spec);
            else if (o is V1Job j)
                yield return (j.Metadata.Name["rucio-".Length..], j.Spec.Template.Spec);
        }
    }

    [Test]
    public void Every_pod_is_within_baseline()
    {
        foreach (var (name, pod) in Pods())
        {
            Assert.That((pod.HostNetwork, pod.HostPID, pod.HostIPC), Is.EqualTo(((bool?)null, (bool?)null, (bool?)null)), name);
            Assert.That(pod.Volumes.Where(v => v.HostPath is not null), Is.Empty, name);
            Assert.That(pod.AutomountServiceAccountToken, Is.False, name);
            foreach (var container in pod.Containers)
            {
                Assert.That(container.SecurityContext.Privileged, Is.Not.True, name);
                Assert.That(container.SecurityContext.Capabilities.Add ?? [], Is.SubsetOf(BaselineCapabilities), name);
                Assert.That((container.Ports ?? []).Where(p => p.HostPort is not null), Is.Empty, name);
            }
        }
    }

    [Test]
    public void Every_pod_is_within_restricted_but_servers_and_users_of_an_X509_proxy()
    {
        var release = InstanceCase.Of().Release;
        string[] root = [.. NeedRoot, .. release.Daemons.Where(d => d.Value.UsesX509Proxy).Select(d => d.Key)];
        var seen = new List<string>();
        foreach (var (name, pod) in Pods().Where(p => !root.Contains(p.Name)))
        {
            seen.Add(name);
            Assert.That((pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.SeccompProfile.Type), Is.EqualTo(((bool?)true, "RuntimeDefault")), name);
            Assert.That(pod.SecurityContext.RunAsUser, Is.GreaterThan(0), name);
            foreach (var container in pod.Containers)
            {
                Assert.That(container.SecurityContext.AllowPrivilegeEscalation, Is.False, name);
                Assert.That(container.SecurityContext.Capabilities.Drop, Is.EqualTo(new[] { "ALL" }), name);
                Assert.That(container.SecurityContext.Capabilities.Add ?? [], Is.Empty, name);
            }
            Assert.That(pod.Volumes.Where(v => v is { ConfigMap: null, Secret: null, Projected: null, EmptyDir: null }), Is.Empty, name);
        }
        Assert.That(seen, Has.Member("bootstrap").And.Member("judge-evaluator").And.Member("hermes").And.Member("rebalance").And.No.Member("reaper"));
    }
}
