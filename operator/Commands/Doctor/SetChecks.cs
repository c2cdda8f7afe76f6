using RucioOperator.Api;
using RucioOperator.Commands.Doctor.Checks;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor;

/// <summary>All that is looked at for a manifest set: instances first, then VOs, then storages, each in the order of its manifest.</summary>
internal static class SetChecks
{
    public static IReadOnlyList<Check> Of(Found found, DoctorTools tools) =>
    [
        .. found.Instances.SelectMany(instance => Of(instance, tools)),
        .. found.Vos.SelectMany(vo => Of(vo, tools)),
        .. found.Storages.SelectMany(storage => Of(storage, tools)),
    ];

    private static IEnumerable<Check> Of(RucioInstance instance, DoctorTools tools)
    {
        var about = About(instance);
        if (instance.Spec.External is not null)
        {
            return [new(about, "external", (notes, ct) => ExternalCheck.RunAsync(instance, tools, notes, ct))];
        }
        return
        [
            new(about, "release", (notes, _) => ReleaseCheck.RunAsync(instance, notes)),
            new(about, "database", (notes, ct) => DatabaseCheck.RunAsync(instance, tools, notes, ct)),
            new(about, "kinds", (notes, ct) => ClusterCheck.KindsAsync(instance, tools, notes, ct)),
            new(about, "classes", (notes, ct) => ClusterCheck.ClassesAsync(instance, tools, notes, ct)),
            new(about, "secrets", (notes, ct) => SecretCheck.OfInstanceAsync(instance, tools, notes, ct)),
            new(about, "trust", (notes, ct) => TrustCheck.RunAsync(instance, tools, notes, ct)),
            new(about, "credential", (notes, ct) => CredentialCheck.OfInstanceAsync(instance, tools, notes, ct)),
            new(about, "issuers", (notes, ct) => IssuerCheck.RunAsync(instance, tools, notes, ct)),
            new(about, "hosts", (notes, ct) => ServerCheck.RunAsync(instance, tools, notes, ct)),
            new(about, "connections", (notes, ct) => ConnectionCheck.RunAsync(instance, tools, notes, ct)),
        ];
    }

    private static IEnumerable<Check> Of(VirtualOrganisation vo, DoctorTools tools) =>
    [
        new(About(vo), "instance", (notes, ct) => ReferenceCheck.InstanceOfVoAsync(vo, tools, notes, ct)),
        new(About(vo), "secrets", (notes, ct) => SecretCheck.OfVoAsync(vo, tools, notes, ct)),
        new(About(vo), "credential", (notes, ct) => CredentialCheck.OfVoAsync(vo, tools, notes, ct)),
    ];

    private static IEnumerable<Check> Of(StorageElement storage, DoctorTools tools) =>
    [
        new(About(storage), "vo", (notes, ct) => ReferenceCheck.VoOfStorageAsync(storage, tools, notes, ct)),
        new(About(storage), "secrets", (notes, ct) => SecretCheck.OfStorageAsync(storage, tools, notes, ct)),
        new(About(storage), "endpoints", (notes, ct) => EndpointCheck.RunAsync(storage, tools, notes, ct)),
    ];

    public static string About(IRucioResource resource) => $"{resource.Kind} {ObjectKey.Of(resource)}";
}
