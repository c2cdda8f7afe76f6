using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Commands.Manifests;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor;

/// <summary>From the documents of manifests to what checks ask for. Pure; what can't be read becomes a finding with its place.</summary>
internal static class FoundReader
{
    private const string Check = "manifest";

    public static (Found Found, IReadOnlyList<Finding> Findings) Read(ManifestSet set)
    {
        List<Finding> findings = [.. set.Errors.Select(e => Error(e.Place, e.Reason, e.Message))];
        var all = set.Documents;
        var resources = Resources(all, findings);
        return (new Found
        {
            Instances = [.. resources.OfType<RucioInstance>()],
            Vos = [.. resources.OfType<VirtualOrganisation>()],
            Storages = [.. resources.OfType<StorageElement>()],
            Unsound = all.Where(d => d.IsRucio).Select(d => (d.Kind, d.Key)).Except(resources.Select(r => (r.Kind, ObjectKey.Of(r)))).ToHashSet(),
            Secrets = First(from d in all where IsSecret(d) && !IsEncrypted(d) let data = Secret(d, findings) where data is not null select (d.Key, (IReadOnlyDictionary<string, byte[]>)data)),
            Maps = First(from d in all where d is { ApiVersion: "v1", Kind: "ConfigMap" } select (d.Key, Texts(d.Node["data"]))),
            Namespaces = First(from d in all where d is { ApiVersion: "v1", Kind: "Namespace" } select (d.Key.Name, (IDictionary<string, string>)new Dictionary<string, string>(Texts(d.Node["metadata"]?["labels"])))),
            Promised = First(from d in all let secret = SecretOf(d) where secret is not null select (new ObjectKey(d.Key.Namespace, secret), $"{d}")),
            Others = all.Where(d => !d.IsRucio).Select(d => (d.Kind, d.Key)).ToHashSet(),
        }, findings);
    }

    /// <summary>Those without errors: of the others it would be wrong to ask servers.</summary>
    private static List<IRucioResource> Resources(IReadOnlyList<ManifestDocument> all, List<Finding> findings)
    {
        List<IRucioResource> sound = [];
        foreach (var document in all.Where(d => d.IsRucio))
        {
            var (resource, errors) = ManifestCheck.Read(document);
            findings.AddRange(errors.Select(e => Error($"{document}", e.Reason, $"{e}")));
            if (resource is not null)
            {
                findings.Add(new(Verdict.Ok, $"{document}", Check, nameof(Verdict.Ok), $"{document.Source}: its fields are as they must be", null));
                sound.Add(resource);
            }
        }
        return sound;
    }

    private static bool IsSecret(ManifestDocument d) => d is { ApiVersion: "v1", Kind: "Secret" };

    /// <summary>By SOPS, which Flux decrypts on its way into the cluster.</summary>
    private static bool IsEncrypted(ManifestDocument d) => d.Node["sops"] is JsonObject;

    /// <summary>Name of the Secret that somebody makes of this; null: nobody does.</summary>
    private static string? SecretOf(ManifestDocument d)
    {
        var named = (d.Kind, d.ApiVersion.Split('/')[0]) switch
        {
            ("Secret", "v1") when IsEncrypted(d) => d.Key.Name,
            ("SealedSecret", "bitnami.com") => d.Text("spec", "template", "metadata", "name"),
            ("ExternalSecret", "external-secrets.io") => d.Text("spec", "target", "name"),
            ("Certificate", "cert-manager.io") => d.Text("spec", "secretName"),
            _ => null,
        };
        return named is "" ? d.Key.Name : named;
    }

    private static Dictionary<string, byte[]>? Secret(ManifestDocument document, List<Finding> findings)
    {
        var data = new Dictionary<string, byte[]>();
        foreach (var (entry, text) in Texts(document.Node["data"]))
        {
            try
            {
                data[entry] = Convert.FromBase64String(text);
            }
            catch (FormatException)
            {
                findings.Add(Error($"{document}", "NotBase64", $"{document.Place($"data[{entry}]")}: data[{entry}] is not base64"));
                return null;
            }
        }
        foreach (var (entry, text) in Texts(document.Node["stringData"]))
        {
            data[entry] = Encoding.UTF8.GetBytes(text);
        }
        return data;
    }

    private static IReadOnlyDictionary<string, string> Texts(JsonNode? map) =>
        (map as JsonObject ?? []).Where(e => e.Value is JsonValue value && value.GetValueKind() == JsonValueKind.String).ToDictionary(e => e.Key, e => e.Value!.GetValue<string>());

    private static Dictionary<TKey, TValue> First<TKey, TValue>(IEnumerable<(TKey Key, TValue Value)> entries) where TKey : notnull =>
        entries.DistinctBy(e => e.Key).ToDictionary(e => e.Key, e => e.Value);

    private static Finding Error(string about, string reason, string message) => new(Verdict.Error, about, Check, reason, message, NextSteps.Of(reason) ?? "correct the file");
}
