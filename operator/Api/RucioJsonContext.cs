using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using RucioOperator.Runtime;

namespace RucioOperator.Api;

/// <summary>Metadata only: naming, converters and null handling come from KubernetesClient's options, so both read and write alike.</summary>
/// <remarks>Properties with a default are <c>set</c>, not <c>init</c>: a generated reader assigns every init property, an absent one as null or zero.</remarks>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RucioInstance))]
[JsonSerializable(typeof(VirtualOrganisation))]
[JsonSerializable(typeof(StorageElement))]
public sealed partial class RucioJsonContext : JsonSerializerContext
{
    [ModuleInitializer]
    internal static void Register() => KubeJson.Register(Default);
}
