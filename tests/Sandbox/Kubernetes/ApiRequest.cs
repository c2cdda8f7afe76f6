namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>One request as it was logged. Discovery and other non-resource paths have an empty resource.</summary>
public sealed record ApiRequest
{
    /// <summary>get, list, watch, create, update, patch, delete, deletecollection; the method in lower case elsewhere.</summary>
    public required string Verb { get; init; }
    public required string Path { get; init; }
    public string Group { get; init; } = "";
    public string Version { get; init; } = "";
    public string Resource { get; init; } = "";
    public string Namespace { get; init; } = "";

    /// <summary>Empty for create and for whole collections.</summary>
    public string Name { get; init; } = "";
    public string Subresource { get; init; } = "";
    public string Query { get; init; } = "";
    public string UserAgent { get; init; } = "";
    public string ContentType { get; init; } = "";
    public string Accept { get; init; } = "";
    public DateTimeOffset At { get; init; }

    /// <summary>0 until answered, and for ever when the connection was closed instead.</summary>
    public int Status { get; internal set; }

    public bool IsWrite => Resource.Length > 0 && Verb is "create" or "update" or "patch" or "delete" or "deletecollection";

    public bool IsApply => ContentType.StartsWith("application/apply-patch", StringComparison.Ordinal);

    /// <summary>Names, labels and versions only.</summary>
    public bool IsOfMetadata => Accept.Contains("as=PartialObjectMetadata", StringComparison.Ordinal);

    public override string ToString() => $"{Verb} {Path}{Query} {Status}";
}
