using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>KubernetesClient's JSON settings plus our source-generated types, in both of its packages.</summary>
public static class KubeJson
{
    private static readonly List<IJsonTypeInfoResolver> Registered = [];
    private static readonly Lazy<JsonSerializerOptions> Built = new(Build);

    static KubeJson() => Register(KubeJsonContext.Default);

    public static JsonSerializerOptions Options => Built.Value;

    /// <summary>Before the first use, from a module initializer.</summary>
    public static void Register(IJsonTypeInfoResolver resolver)
    {
        Registered.Add(resolver);
        KubernetesJson.AddJsonOptions(options =>
        {
            // Somebody who serialised before this assembly was loaded has frozen them; ours are a copy and don't care.
            if (!options.IsReadOnly)
                options.TypeInfoResolverChain.Insert(0, resolver);
        });
    }

    public static JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions Build()
    {
        JsonSerializerOptions? theirs = null;
        KubernetesJson.AddJsonOptions(options => theirs = options);
        return new JsonSerializerOptions(theirs!)
        {
            // Without the development package's fallback to reflection: what is missing must be missing in tests too.
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. Registered, .. theirs!.TypeInfoResolverChain.OfType<JsonSerializerContext>().Except(Registered)]),
        };
    }
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PartialObject))]
[JsonSerializable(typeof(UntypedObject))]
[JsonSerializable(typeof(V1Status))]
[JsonSerializable(typeof(V1ListMeta))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class KubeJsonContext : JsonSerializerContext;
