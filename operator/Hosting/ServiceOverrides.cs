#pragma warning disable CS9113
namespace RucioOperator.Hosting;

/// <summary>Where an operator outside the cluster finds a Service.</summary>
public sealed class ServiceOverrides(IReadOnlyList<(string Service, string Url)> entries)
{
    /// <summary>The override, or null: use the cluster's own name of the Service.</summary>
    public Uri? Find(string service, string @namespace) => throw new NotImplementedException();

    public int Count => entries.Count;
}
