using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>Defaults and refusals of the real server that an operator meets; far from all of them.</summary>
internal static partial class BuiltInRules
{
    private static int _clusterIps;

    public static void Default(ResourceType type, JsonObject node)
    {
        var spec = node["spec"] as JsonObject;
        switch (type.Kind)
        {
            case "Namespace":
                node.Metadata().Child("labels")["kubernetes.io/metadata.name"] = node.Name();
                node.Child("spec")["finalizers"] ??= new JsonArray("kubernetes");
                node.Child("status")["phase"] ??= "Active";
                break;
            case "Secret":
                node["type"] ??= "Opaque";
                foreach (var (key, value) in node["stringData"] as JsonObject ?? [])
                {
                    node.Child("data")[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value.Text() ?? ""));
                }

                node.Remove("stringData");
                break;
            case "Service" when spec is not null:
                spec["type"] ??= "ClusterIP";
                spec["sessionAffinity"] ??= "None";
                spec["clusterIP"] ??= spec.Text("type") == "ExternalName" ? null : $"10.96.{Interlocked.Increment(ref _clusterIps) / 250}.{(_clusterIps % 250) + 1}";
                foreach (var port in spec["ports"].Objects())
                {
                    port["protocol"] ??= "TCP";
                    port["targetPort"] ??= port["port"]?.DeepClone();
                }

                break;
            case "Deployment" or "StatefulSet" when spec is not null:
                spec["replicas"] ??= 1;
                spec["revisionHistoryLimit"] ??= 10;
                if (type.Kind == "Deployment")
                {
                    spec["progressDeadlineSeconds"] ??= 600;
                    spec.Child("strategy")["type"] ??= "RollingUpdate";
                }

                DefaultPod(spec.At("template", "spec") as JsonObject, "Always");
                break;
            case "Job" when spec is not null:
                spec["parallelism"] ??= 1;
                spec["completions"] ??= 1;
                spec["backoffLimit"] ??= 6;
                spec["suspend"] ??= false;
                DefaultPod(spec.At("template", "spec") as JsonObject, null);
                break;
            case "NetworkPolicy" when spec is not null:
                spec["policyTypes"] ??= spec.ContainsKey("egress") ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress");
                break;
        }
    }

    public static IEnumerable<FieldError> Validate(ResourceType type, JsonObject? old, JsonObject node)
    {
        var spec = node["spec"];
        switch (type.Kind)
        {
            case "Deployment" or "StatefulSet":
                if (spec.At("selector", "matchLabels") is not JsonObject selector || selector.Count == 0)
                {
                    yield return FieldError.Required("spec.selector");
                }
                else if (selector.Any(label => spec.Text("template", "metadata", "labels", label.Key) != label.Value.Text()))
                {
                    yield return FieldError.Invalid("spec.template.metadata.labels", spec.At("template", "metadata", "labels"), "`selector` does not match template `labels`");
                }

                foreach (var error in Immutable(old, node, "spec", "selector").Concat(Containers(spec)))
                {
                    yield return error;
                }

                break;
            case "Job":
                if (spec.Text("template", "spec", "restartPolicy") is not ("Never" or "OnFailure"))
                {
                    yield return FieldError.NotSupported("spec.template.spec.restartPolicy", spec.At("template", "spec", "restartPolicy"), ["\"OnFailure\"", "\"Never\""]);
                }

                foreach (var error in Immutable(old, node, "spec", "template").Concat(Containers(spec)))
                {
                    yield return error;
                }

                break;
            case "Secret" or "ConfigMap":
                foreach (var (key, _) in (node["data"] as JsonObject ?? []).Where(pair => !DataKey().IsMatch(pair.Key)))
                {
                    yield return FieldError.Invalid($"data[{key}]", key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'");
                }

                if (type.Kind == "Secret")
                {
                    foreach (var error in Immutable(old, node, "type"))
                    {
                        yield return error;
                    }
                }

                if (old.Flag("immutable") && !JsonNode.DeepEquals(old?["data"], node["data"]))
                {
                    yield return FieldError.Forbidden("data", "field is immutable when `immutable` is set");
                }

                break;
            case "Event" when type.Group.Length > 0 && old is null:
                foreach (var field in new[] { "eventTime", "reportingComponent", "reportingInstance", "action", "reason" }.Where(field => node.Text(field) is null or ""))
                {
                    yield return FieldError.Required(field == "reportingComponent" ? "reportingController" : field);
                }

                if (node.Text("type") is not ("Normal" or "Warning"))
                {
                    yield return FieldError.Invalid("type", node["type"], "has invalid value");
                }

                if (node.Text("message") is { Length: > 1024 })
                {
                    yield return FieldError.Invalid("note", "", "can have at most 1024 characters");
                }

                break;
        }

        if (type.Kind == "Event" && (node.Text("involvedObject", "namespace") ?? "default") != node.Namespace())
        {
            yield return FieldError.Invalid("involvedObject.namespace", node.At("involvedObject", "namespace"), "does not match event.namespace");
        }
    }

    public static IEnumerable<FieldError> ValidateMetadata(ResourceType type, JsonObject? old, JsonObject node)
    {
        var name = node.Name();
        if (!type.Group.StartsWith("rbac.", StringComparison.Ordinal) && (name.Length > 253 || !Subdomain().IsMatch(name)))
        {
            yield return FieldError.Invalid("metadata.name", name, "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
                + "'-' or '.', and must start and end with an alphanumeric character");
        }

        if (type.Kind is "Namespace" or "Service" && (name.Length > 63 || name.Contains('.')))
        {
            yield return FieldError.Invalid("metadata.name", name, "must be no more than 63 characters");
        }

        foreach (var (key, value) in node.At("metadata", "labels") as JsonObject ?? [])
        {
            if (value.Text() is not { } text || text.Length > 63 || !LabelValue().IsMatch(text))
            {
                yield return FieldError.Invalid("metadata.labels", value, "a valid label must be an empty string or consist of alphanumeric characters, "
                    + $"'-', '_' or '.', at most 63 of them (label {key})");
            }
        }

        var before = old.At("metadata", "finalizers").Texts();
        var added = node.At("metadata", "finalizers").Texts().Except(before).ToList();
        if (old?.IsDeleting() == true && added.Count > 0)
        {
            yield return FieldError.Forbidden("metadata.finalizers", "no new finalizers can be added if the object is being deleted, "
                + $"found new finalizers []string{{{string.Join(", ", added.Select(one => $"\"{one}\""))}}}");
        }
    }

    private static IEnumerable<FieldError> Immutable(JsonObject? old, JsonObject node, params string[] path) =>
        old is null || JsonNode.DeepEquals(old.At(path), node.At(path)) ? []
            : [FieldError.Invalid(string.Join('.', path), node.At(path), "field is immutable")];

    private static IEnumerable<FieldError> Containers(JsonNode? spec)
    {
        var containers = spec.At("template", "spec", "containers").Objects().ToList();
        if (containers.Count == 0)
        {
            yield return FieldError.Required("spec.template.spec.containers");
        }

        var volumes = spec.At("template", "spec", "volumes").Objects().Select(volume => volume.Text("name")).ToHashSet();
        for (var i = 0; i < containers.Count; i++)
        {
            foreach (var field in new[] { "name", "image" }.Where(field => containers[i].Text(field) is null or ""))
            {
                yield return FieldError.Required($"spec.template.spec.containers[{i}].{field}");
            }

            foreach (var mount in containers[i]["volumeMounts"].Objects().Where(mount => !volumes.Contains(mount.Text("name"))))
            {
                yield return new($"spec.template.spec.containers[{i}].volumeMounts", "FieldValueNotFound", $"Not found: \"{mount.Text("name")}\"");
            }
        }
    }

    private static void DefaultPod(JsonObject? pod, string? restartPolicy)
    {
        if (pod is null)
        {
            return;
        }

        pod.Put("restartPolicy", pod["restartPolicy"] ?? restartPolicy);
        pod["terminationGracePeriodSeconds"] ??= 30;
        pod["dnsPolicy"] ??= "ClusterFirst";
        foreach (var container in pod["containers"].Objects().Concat(pod["initContainers"].Objects()))
        {
            container["imagePullPolicy"] ??= "IfNotPresent";
            container["terminationMessagePath"] ??= "/dev/termination-log";
            foreach (var port in container["ports"].Objects())
            {
                port["protocol"] ??= "TCP";
            }
        }
    }

    [GeneratedRegex(@"^[-._a-zA-Z0-9]{1,253}$")]
    private static partial Regex DataKey();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    private static partial Regex LabelValue();
}
