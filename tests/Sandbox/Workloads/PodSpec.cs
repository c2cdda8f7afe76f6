using System.Text;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Sandbox.Workloads;

/// <summary>What a pod made from a template would see: its mounted files and its environment.</summary>
internal sealed class PodSpec(IKubeStore store, string ns, JsonObject template)
{
    private JsonObject Spec => template["spec"]!.AsObject();

    private JsonObject Container => Spec["containers"]![0]!.AsObject();

    public string Image => Text(Container, "image")!;

    public IReadOnlyList<string> Arguments => [.. (Container["args"] as JsonArray ?? []).Select(c => c!.GetValue<string>())];

    /// <summary>Of the first volume that is a claim.</summary>
    public string? Claim => (Spec["volumes"] as JsonArray ?? []).Select(v => v!["persistentVolumeClaim"]?["claimName"]?.GetValue<string>()).FirstOrDefault(c => c is not null);

    public IReadOnlyList<string> Command => [.. (Container["command"] as JsonArray ?? []).Select(c => c!.GetValue<string>())];

    public IReadOnlyDictionary<string, string> Environment =>
        (Container["env"] as JsonArray ?? []).ToDictionary(e => e!["name"]!.GetValue<string>(), e => e!["value"]?.GetValue<string>() ?? "");

    /// <summary>Path in the container → content. Null while a mounted object does not exist: the pod would wait.</summary>
    public IReadOnlyDictionary<string, string>? Files()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var mount in (Container["volumeMounts"] as JsonArray ?? []).Select(m => m!.AsObject()))
        {
            var volume = (Spec["volumes"] as JsonArray ?? []).Select(v => v!.AsObject()).FirstOrDefault(v => Text(v, "name") == Text(mount, "name"));
            if (volume is null || Content(volume) is not { } content)
                return null;
            var path = Text(mount, "mountPath")!.TrimEnd('/');
            foreach (var (name, text) in content.Where(c => Text(mount, "subPath") is not { } sub || c.Key == sub))
                files[Text(mount, "subPath") is null ? $"{path}/{name}" : path] = text;
        }
        return files;
    }

    /// <summary>The configuration Rucio would read there: conf.d in name order. Null while it is not complete.</summary>
    public RucioConfig? Config() =>
        Files() is { } files ? RucioConfig.FromJson(files.Where(f => f.Key.StartsWith("/opt/rucio/etc/conf.d/", StringComparison.Ordinal)).Select(f => f.Value)) : null;

    /// <summary>lib/rucio/common/config.py: the last of the folders that has the file.</summary>
    public string? RseAccounts() => Files() is not { } files ? null
        : ((string[])["RUCIO_HOME", "VIRTUAL_ENV", "CONDA_PREFIX"]).Select(Environment.GetValueOrDefault).OfType<string>().Append("/opt/rucio").Select(home => files.GetValueOrDefault($"{home}/etc/rse-accounts.cfg")).LastOrDefault(f => f is not null);

    private Dictionary<string, string>? Content(JsonObject volume)
    {
        var sources = volume["projected"]?["sources"] is JsonArray projected ? projected.Select(s => s!.AsObject()) : [volume];
        var content = new Dictionary<string, string>();
        foreach (var source in sources)
        {
            var (secret, map) = (source["secret"] as JsonObject, source["configMap"] as JsonObject);
            if (secret is null && map is null)
                continue;
            var found = secret is not null
                ? store.Get("secrets", ns, Text(secret, "secretName") ?? Text(secret, "name")!)
                : store.Get("configmaps", ns, Text(map!, "name")!);
            if (found is null && (secret ?? map)!["optional"]?.GetValue<bool>() == true)
                continue;
            if (found is null)
                return null;
            var items = (secret ?? map)!["items"] as JsonArray;
            foreach (var (key, value) in (found["data"] as JsonObject ?? []).Where(e => items is null || items.Any(i => Text(i!.AsObject(), "key") == e.Key)))
                content[items?.Select(i => i!.AsObject()).First(i => Text(i, "key") == key) is { } item ? Text(item, "path")! : key] = secret is null ? value!.GetValue<string>() : Encoding.UTF8.GetString(Convert.FromBase64String(value!.GetValue<string>()));
        }
        return content;
    }

    private static string? Text(JsonObject node, string name) => node[name]?.GetValue<string>();
}
