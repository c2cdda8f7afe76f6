namespace RucioOperator.Sandbox.Kubernetes.Rights;

/// <summary>A user with no more rights than these, as RBAC would judge: rules of the sections that hold where the request goes.</summary>
/// <param name="Watched">Empty: rights of scope Cluster; else Roles in these namespaces.</param>
/// <param name="Home">The operator's own namespace.</param>
/// <param name="Closed">Of those watched, namespaces without their Role.</param>
public sealed record Access(string User, IReadOnlyList<Right> Rights, IReadOnlyList<string> Watched, string Home)
{
    public IReadOnlyList<string> Closed { get; init; } = [];

    /// <summary>Each that allows it; none: forbidden.</summary>
    /// <param name="ns">Empty: of all namespaces, or of a kind without.</param>
    public IReadOnlyList<Right> Find(string verb, string resource, string ns, string name)
    {
        // The API reads a namespace's own path as lying in that namespace.
        var place = resource == "namespaces" ? name : ns;
        return [.. Rights.Where(right => right.Verb == verb && right.Resource == resource && (right.Name is null || right.Name == name) && Holds(right.Section, place))];
    }

    /// <summary>In the server's own words.</summary>
    public ApiError Forbidden(string verb, string group, string resource, string ns, string name) => new(403, "Forbidden",
        $"{resource}{(name.Length == 0 ? "" : $" \"{name}\"")} is forbidden: User \"{User}\" cannot {verb} resource \"{resource.Split('.')[0]}\" in API group \"{group}\" {(ns.Length == 0 ? "at the cluster scope" : $"in the namespace \"{ns}\"")}");

    private bool Holds(string section, string place) => section switch
    {
        RightsFile.Watched => Watched.Count == 0 || IsOpen(place),
        RightsFile.Cluster => Watched.Count == 0,
        RightsFile.Own => place == Home,
        _ => false,
    };

    private bool IsOpen(string place) => Watched.Contains(place) && !Closed.Contains(place);
}
