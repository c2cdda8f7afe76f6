using System.Text.Json.Serialization;

namespace RucioOperator.Api;

/// <summary>Source-generated JSON of the three kinds; belongs in front of the client's resolver chain.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RucioInstance))]
[JsonSerializable(typeof(VirtualOrganisation))]
[JsonSerializable(typeof(StorageElement))]
public sealed partial class ApiJson : JsonSerializerContext;
