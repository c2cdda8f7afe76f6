using k8s.Models;
using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>
/// Rucio's web UI (Next.js). Its image builds the pages at every start, from its environment, which takes minutes and much
/// memory; and writes that environment into its log, so the session Secret is there to be read by who may read logs.
/// </summary>
public static class Webui
{
    /// <summary>Node's own, past the image's httpd.</summary>
    public const int Port = 3000;

    /// <summary>Null: there is no VO yet to log in to, or no image for this line.</summary>
    public static V1Deployment? Deployment(InstanceInputs i)
    {
        if (i.Instance.Spec.Webui is not { } spec || Vos(i) is not { Count: > 0 } vos || i.Release.Images.Webui is not { } image)
        {
            return null;
        }
        var alive = new V1HTTPGetAction { Path = "/api/ping", Port = "http" };
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new V1ObjectMeta { Name = i.Names.Webui, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "webui") },
            Spec = new V1DeploymentSpec
            {
                Replicas = spec.Replicas,
                RevisionHistoryLimit = 3,
                Selector = new V1LabelSelector { MatchLabels = Labels.Selector(i.Names.Instance, "webui") },
                Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxUnavailable = 0, MaxSurge = 1 } },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = Labels.Of(i.Names.Instance, "webui") },
                    Spec = new V1PodSpec
                    {
                        ServiceAccountName = i.Names.ServiceAccount,
                        AutomountServiceAccountToken = false,
                        EnableServiceLinks = false,
                        ImagePullSecrets = Restricted.PullSecrets(i.Instance),
                        SecurityContext = Restricted.Unconfined(),
                        Containers =
                        [
                            new V1Container
                            {
                                Name = "webui",
                                Image = RucioPod.FromRegistry(i, image),
                                Env = Environment(i, spec, vos),
                                // Past the image's httpd, which adds nothing and wants the public name to lead to itself.
                                Ports = [new V1ContainerPort { Name = "http", ContainerPort = Port }],
                                Resources = RucioPod.Resources(spec.Resources, "500m", "4450Mi"),
                                SecurityContext = RucioPod.Security(),
                                StartupProbe = new V1Probe { HttpGet = alive, PeriodSeconds = 5, FailureThreshold = 120, TimeoutSeconds = 5 },
                                ReadinessProbe = new V1Probe { HttpGet = alive, PeriodSeconds = 10, TimeoutSeconds = 5 },
                                LivenessProbe = new V1Probe { HttpGet = alive, PeriodSeconds = 30, TimeoutSeconds = 10, FailureThreshold = 4 },
                            },
                        ],
                    },
                },
            },
        };
    }

    private static IReadOnlyList<string> Vos(InstanceInputs i) => i.Instance.Spec.MultiVo ? i.VoTags : [BaseVo.Tag];

    /// <summary>rucio/webui, tools/env-generator; HOST in older ones, HOSTNAME in newer.</summary>
    private static List<V1EnvVar> Environment(InstanceInputs i, WebuiSpec webui, IReadOnlyList<string> vos)
    {
        var (spec, url) = (i.Instance.Spec, Exposure.Url(webui));
        var api = Exposure.ApiUrl(spec, i.Names);
        List<(string Name, string Value)> texts =
        [
            ("RUCIO_HOST", api),
            ("RUCIO_AUTH_HOST", spec.Auth is { } auth ? Exposure.Url(auth) : api),
            ("HOST", webui.Host),
            ("HOSTNAME", webui.Host),
            ("PROJECT_URL", url),
            ("NEXTAUTH_URL", url),
            ("AUTH_TRUST_HOST", "true"),
            ("ENABLE_SSL", "False"),
            ("MULTIVO_ENABLED", spec.MultiVo ? "true" : "false"),
            ("VO_DEFAULT", vos[0]),
            ("VO_LIST", string.Join(',', vos)),
            .. vos.Select(vo => ($"VO_{vo.ToUpperInvariant()}_NAME", i.VoNames.GetValueOrDefault(vo) ?? vo)),
        ];
        return
        [
            .. texts.Select(t => new V1EnvVar { Name = $"RUCIO_WEBUI_{t.Name}", Value = t.Value }),
            // One for all pods, and all starts; older ones know it by another name.
            .. ((string[])["AUTH_SECRET", "NEXTAUTH_SECRET", "SESSION_PASSWORD"]).Select(name => new V1EnvVar
            {
                Name = $"RUCIO_WEBUI_{name}",
                ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = i.Names.WebuiSession, Key = "secret" } },
            }),
        ];
    }
}
