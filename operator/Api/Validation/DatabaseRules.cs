using System.Text.RegularExpressions;
using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>Servers of the operator's own making, and what of a database never changes.</summary>
internal static partial class DatabaseRules
{
    public static IEnumerable<FieldError> CloudNativePG(CloudNativePGDatabase? d)
    {
        const string path = "spec.database.cloudNativePG";
        return d is null ? [] :
        [
            .. When(d.Instances is < 1 or > 9, Invalid($"{path}.instances", "must be 1 to 9")),
            .. Server(path, d.StorageSize, d.ImageName, d.Resources),
            .. (d.Parameters ?? new Dictionary<string, string>()).Keys.Where(name => !Parameter().IsMatch(name)).Select(name => Invalid($"{path}.parameters[{name}]", "must be the name of a PostgreSQL setting")),
            .. When(d.Recovery is not null && d.ExternalClusters is null or [] && d.Recovery?["source"] is not null, Invalid($"{path}.recovery", "its source must be one of externalClusters")),
        ];
    }

    public static IEnumerable<FieldError> Embedded(EmbeddedDatabase? d) => d is null ? [] : Server("spec.database.embedded", d.StorageSize, d.ImageName, d.Resources);

    /// <summary>By status, for objects that got past the schema: a change would leave the catalogue behind and begin an empty one.</summary>
    public static IEnumerable<FieldError> Fixed(RucioInstance instance)
    {
        var (wanted, used) = (instance.Spec.Database, instance.Status?.Database);
        return
        [
            .. When(used?.Mode is { } mode && mode != wanted.Mode, Invalid("spec.database", $"is {used?.Mode} and stays so: a catalogue does not move by changing this field")),
            .. When(used?.Name is not null && wanted.Provision?.Name is { } name && name != used.Name, Invalid("spec.database.provision.name", $"is {used?.Name} and stays so: the catalogue is there")),
        ];
    }

    private static IEnumerable<FieldError> Server(string path, string storage, string? image, ResourcesSpec? resources) =>
    [
        .. When(!Forms.ResourceQuantity().IsMatch(storage), Invalid($"{path}.storageSize", "must be a Kubernetes quantity such as 20Gi")),
        .. When(image is not null && !Image().IsMatch(image), Invalid($"{path}.imageName", "must be an image such as registry.example.org/postgres:17.6")),
        .. Resources($"{path}.resources", resources),
    ];

    [GeneratedRegex(@"^[a-z0-9][A-Za-z0-9./:@_-]*\z")]
    private static partial Regex Image();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.]*\z")]
    private static partial Regex Parameter();
}
