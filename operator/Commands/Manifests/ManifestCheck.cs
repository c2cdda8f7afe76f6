using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Commands.Manifests.Schema;
using RucioOperator.Desired;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Manifests;

/// <summary>One manifest of ours through all that the API server and the loops would say of it alone.</summary>
public static class ManifestCheck
{
    /// <returns>The resource with the schema's defaults; null where it can't be read as one.</returns>
    public static (IRucioResource? Resource, IReadOnlyList<ManifestError> Errors) Read(ManifestDocument document)
    {
        if (document.ApiVersion != ApiGroup.ApiVersion)
            return (null, [new(document.Place("apiVersion"), $"{document.ApiVersion} is not a version this operator knows: it is {ApiGroup.ApiVersion}", ValidationReasons.InvalidField)]);
        if (Definitions.SchemaOf(document.Kind) is not { } schema)
            return (null, [new(document.Place("kind"), $"{document.ApiVersion} has no kind {document.Kind}: it is one of {string.Join(", ", Definitions.Kinds.Order(StringComparer.Ordinal))}", ValidationReasons.InvalidField)]);
        var node = document.Node.DeepClone().AsObject();
        node.Remove("status");
        var errors = SchemaCheck.Complete(node, schema);
        IRucioResource? resource = null;
        try
        {
            if (errors.Count == 0)
            {
                resource = Deserialize(document.Kind, node);
                errors = Rules(resource);
            }
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            errors = [new((error as JsonException)?.Path?.TrimStart('$', '.') ?? "spec", ValidationReasons.InvalidField, "can't be read")];
        }
        return (errors.Count == 0 ? resource : null, [.. errors.Select(e => new ManifestError(document.Place(e.Path), e.ToString(), e.Reason)).Distinct()]);
    }

    private static IRucioResource Deserialize(string kind, JsonObject node) => kind switch
    {
        RucioInstance.KubeKind => node.Deserialize(KubeJson.Info<RucioInstance>())!,
        VirtualOrganisation.KubeKind => node.Deserialize(KubeJson.Info<VirtualOrganisation>())!,
        _ => node.Deserialize(KubeJson.Info<StorageElement>())!,
    };

    private static IReadOnlyList<FieldError> Rules(IRucioResource resource) => resource switch
    {
        RucioInstance instance => Instance(instance),
        VirtualOrganisation vo => Validator.Validate(vo),
        var storage => Validator.Validate((StorageElement)storage),
    };

    private static IReadOnlyList<FieldError> Instance(RucioInstance instance)
    {
        var errors = Validator.Validate(instance);
        if (errors.Count > 0 || instance.Spec.External is not null)
            return errors;
        return ReleaseCatalogue.Find(instance.Spec.Version) is { Found: true } lookup
            ? DaemonFaults.Find(instance.Spec, lookup.Release)
            : [new("spec.version", ValidationReasons.InvalidField, ReleaseCatalogue.Find(instance.Spec.Version).Error!)];
    }
}
