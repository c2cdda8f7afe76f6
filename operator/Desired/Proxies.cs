using System.Text;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <param name="Claim">namespace/name of the VirtualOrganisation that brought it: a tag may get another holder.</param>
/// <param name="Pem">Certificate, key, chain: a secret.</param>
public sealed record VoProxy(string Claim, string Pem)
{
    public override string ToString() => $"(proxy of {Claim})";
}

/// <param name="Default">PEM; null: there is none.</param>
/// <param name="Vos">By tag.</param>
public sealed record InstanceProxies(string? Default, IReadOnlyDictionary<string, VoProxy> Vos)
{
    public static readonly InstanceProxies None = new(null, new Dictionary<string, VoProxy>());

    public override string ToString() => $"({Vos.Count} proxies)";
}

/// <summary>
/// Proxies as files of the pods that show them. One file for each VO, named by its tag, in one folder: that is how Rucio looks for them
/// (lib/rucio/transfertool/fts3.py, _pick_cert_file). Nobody is restarted for a new one: each file is opened for each connection, and the
/// kubelet renews the files of a mounted folder (not those mounted with subPath).
/// </summary>
public static class Proxies
{
    /// <summary>Key of the default proxy, and of the file it becomes.</summary>
    public const string DefaultKey = "x509up";

    /// <summary>A proxy with attributes has 8 to 12 kB, and Kubernetes takes 1 MiB in a Secret.</summary>
    public const int Shards = 16;

    /// <summary>Bytes in one Secret.</summary>
    public const int Most = 1_000_000;

    /// <summary>Bytes of one proxy: nobody takes the room of others.</summary>
    public const int MostOfOne = 65_536;

    /// <summary>Who brought what: <c>pol=compass/pol,sky=sky/sky</c>. Of the default proxy only where it is a single VO's: <c>def=lab/lab</c>.</summary>
    public const string ClaimsAnnotation = ApiGroup.Name + "/claims";

    private const string DefaultFolder = "/opt/rucio/proxy";
    private const string VosFolder = "/opt/rucio/proxies";
    private const string DefaultFile = $"{DefaultFolder}/{DefaultKey}";

    /// <summary>Octal 400: grid tools refuse what others may read, and such pods run as root.</summary>
    private const int OwnersAlone = 0x100;

    /// <summary>Octal 444: httpd's processes run as apache and open it with Python, which doesn't mind. The pod's configuration, with the database's password, is no different.</summary>
    private const int ReadByApache = 0x124;

    /// <summary>Which Secret a VO's proxy is in.</summary>
    public static int ShardOf(string tag) => Convert.ToInt32(Digest.Of(tag, 1), 16);

    public static string SecretOf(InstanceNames names, string tag) => names.Proxies(ShardOf(tag));

    public static IEnumerable<string> SecretsOf(InstanceNames names) => Enumerable.Range(0, Shards).Select(names.Proxies);

    /// <summary>PEM that is in the Secrets for this VO, for the instance itself with an empty tag; null: none. Of a former holder of the tag there is none: its key is nobody else's.</summary>
    /// <param name="claim">namespace/name of the VirtualOrganisation that asks; null: the instance itself.</param>
    public static string? Saved(Func<ObjectKey, V1Secret?> find, InstanceNames names, string tag, string? claim)
    {
        // A single VO's proxy is the default one of its instance.
        var isDefault = tag is "" or BaseVo.Tag;
        var secret = find(new ObjectKey(names.Namespace, isDefault ? names.Proxy : SecretOf(names, tag)));
        return secret?.Data is { } data && data.TryGetValue(isDefault ? DefaultKey : tag, out var pem) && (tag == "" ? claim is null && !Claims(secret).Any() : Claims(secret).Contains((tag, claim!))) ? Encoding.UTF8.GetString(pem) : null;
    }

    /// <summary>What the keeper has for a tag, under the claim that holds it now; null: it has nothing, or just what another claim brought.</summary>
    public static VoProxy? Newest(VoProxy? present, string claim, string? pem) =>
        pem is null || (present is not null && present.Claim != claim && present.Pem == pem) ? null : new VoProxy(claim, pem);

    /// <summary>What was written before.</summary>
    public static InstanceProxies Parse(Func<ObjectKey, V1Secret?> find, InstanceNames names)
    {
        var vos = new Dictionary<string, VoProxy>(StringComparer.Ordinal);
        foreach (var secret in SecretsOf(names).Select(name => find(new ObjectKey(names.Namespace, name))).OfType<V1Secret>())
        {
            foreach (var (tag, claim) in Claims(secret).Where(c => secret.Data?.ContainsKey(c.Tag) == true))
            {
                vos[tag] = new VoProxy(claim, Encoding.UTF8.GetString(secret.Data[tag]));
            }
        }
        foreach (var (tag, claim) in find(new ObjectKey(names.Namespace, names.Proxy)) is { } common ? Claims(common) : [])
        {
            if (Saved(find, names, tag, claim) is { } pem)
            {
                vos[tag] = new VoProxy(claim, pem);
            }
        }
        return new(Saved(find, names, "", null), vos);
    }

    private static IEnumerable<(string Tag, string Claim)> Claims(V1Secret secret) =>
        (secret.Metadata.Annotations?.TryGetValue(ClaimsAnnotation, out var text) == true ? text : "").Split(',').Select(c => c.Split('=')).Where(c => c.Length == 2).Select(c => (c[0], c[1]));

    /// <summary>Those that fit: who is in stays before anybody new comes.</summary>
    /// <param name="wanted">In the order in which they are let in.</param>
    public static IReadOnlyDictionary<string, VoProxy> Fitting(InstanceProxies present, IEnumerable<KeyValuePair<string, VoProxy>> wanted)
    {
        var (kept, sizes) = (new Dictionary<string, VoProxy>(StringComparer.Ordinal), new int[Shards]);
        foreach (var (tag, proxy) in wanted.Where(w => w.Value.Pem.Length <= MostOfOne).OrderBy(w => !present.Vos.ContainsKey(w.Key)))
        {
            var more = tag.Length + proxy.Pem.Length;
            if (sizes[ShardOf(tag)] + more <= Most)
            {
                kept[tag] = proxy;
                sizes[ShardOf(tag)] += more;
            }
        }
        return kept;
    }

    /// <summary>Only those that hold something: the pods take what there is.</summary>
    public static IEnumerable<V1Secret> Secrets(InstanceInputs i)
    {
        var only = Only(i);
        if ((only?.Pem ?? i.Proxies.Default) is { } pem)
        {
            yield return Secret(i, i.Names.Proxy, new() { [DefaultKey] = Encoding.UTF8.GetBytes(pem) }, only is null ? null : $"{BaseVo.Tag}={only.Claim}");
        }
        if (!i.Instance.Spec.MultiVo)
        {
            yield break;
        }
        foreach (var shard in i.Proxies.Vos.OrderBy(v => v.Key, StringComparer.Ordinal).GroupBy(v => ShardOf(v.Key)).OrderBy(s => s.Key))
        {
            yield return Secret(i, i.Names.Proxies(shard.Key), shard.ToDictionary(v => v.Key, v => Encoding.UTF8.GetBytes(v.Value.Pem)), string.Join(',', shard.Select(v => $"{v.Key}={v.Value.Claim}")));
        }
    }

    private static V1Secret Secret(InstanceInputs i, string name, Dictionary<string, byte[]> data, string? claims) => new()
    {
        ApiVersion = "v1",
        Kind = "Secret",
        Metadata = new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = i.Names.Namespace,
            Labels = Labels.Of(i.Names.Instance, "config"),
            Annotations = claims is null ? null : new Dictionary<string, string> { [ClaimsAnnotation] = claims },
        },
        Type = "Opaque",
        Data = data,
    };

    /// <summary>
    /// <c>usercert</c> is named wherever there is FTS, so that the first proxy finds pods that look for it; without the option Rucio would look
    /// for a file of its images' defaults.
    /// </summary>
    public static void Configure(ConfigDocument config, InstanceInputs i)
    {
        if (!SpeaksToFts(i))
        {
            return;
        }
        config.Set("conveyor", "usercert", DefaultFile);
        if (i.Instance.Spec.MultiVo)
        {
            config.Set("conveyor", "vo_certs_path", VosFolder);
        }
    }

    /// <summary>Rules that are deleted or re-prioritised cancel and change jobs at FTS from within these servers, in nobody's name but the default's.</summary>
    public static (IEnumerable<V1VolumeMount> Mounts, IEnumerable<V1Volume> Volumes) OfServer(InstanceInputs i, string component) =>
        SpeaksToFts(i) && component is "api" or "admin" ? ([Mount("proxy", DefaultFolder)], [DefaultVolume(i, ReadByApache)]) : ([], []);

    public static (IEnumerable<V1EnvVar> Environment, IEnumerable<V1VolumeMount> Mounts, IEnumerable<V1Volume> Volumes) OfDaemon(InstanceInputs i, DaemonWorkload workload)
    {
        if (!workload.Release.UsesX509Proxy)
        {
            return ([], [], []);
        }
        if (workload.Vo is { } tag)
        {
            var only = new V1SecretVolumeSource { SecretName = SecretOf(i.Names, tag), DefaultMode = OwnersAlone, Optional = true, Items = [new V1KeyToPath { Key = tag, Path = DefaultKey }] };
            return ([Shown()], [Mount("proxy", DefaultFolder)], [new V1Volume { Name = "proxy", Secret = only }]);
        }
        var (shown, ofVos) = (HasDefault(i), i.Instance.Spec.MultiVo && SpeaksToFts(i) && workload.Release.Needs == Releases.DaemonNeed.TransferTool);
        return (
            shown ? [Shown()] : [],
            [.. shown || SpeaksToFts(i) ? (V1VolumeMount[])[Mount("proxy", DefaultFolder)] : [], .. ofVos ? (V1VolumeMount[])[Mount("proxies", VosFolder)] : []],
            [.. shown || SpeaksToFts(i) ? (V1Volume[])[DefaultVolume(i, OwnersAlone)] : [], .. ofVos ? (V1Volume[])[VosVolume(i)] : []]);
    }

    private static bool SpeaksToFts(InstanceInputs i) => i.Instance.Spec.Transfers?.FtsServers is { Count: > 0 };

    /// <summary>Named only where there is one, or is to be: storages that take signed URLs or tokens need none.</summary>
    private static bool HasDefault(InstanceInputs i) => i.Instance.Spec.Transfers?.CredentialSecretRef is not null || i.Proxies.Default is not null || Only(i) is not null;

    /// <summary>One VO, one name: such a Rucio looks for no other (fts3.py, submission_builder_for_path).</summary>
    private static VoProxy? Only(InstanceInputs i) => i.Instance.Spec.MultiVo ? null : i.Proxies.Vos.GetValueOrDefault(BaseVo.Tag);

    private static V1EnvVar Shown() => new() { Name = "X509_USER_PROXY", Value = DefaultFile };

    private static V1VolumeMount Mount(string name, string path) => new() { Name = name, MountPath = path, ReadOnlyProperty = true };

    /// <summary>Pods start without it, and find it once it is there.</summary>
    private static V1Volume DefaultVolume(InstanceInputs i, int mode) => new() { Name = "proxy", Secret = new V1SecretVolumeSource { SecretName = i.Names.Proxy, DefaultMode = mode, Optional = true } };

    private static V1Volume VosVolume(InstanceInputs i) => new()
    {
        Name = "proxies",
        Projected = new V1ProjectedVolumeSource { DefaultMode = OwnersAlone, Sources = [.. SecretsOf(i.Names).Select(name => new V1VolumeProjection { Secret = new V1SecretProjection { Name = name, Optional = true } })] },
    };
}
