using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>Where clients go, without a slash at the end: by a public host where there is one, else inside the cluster.</summary>
/// <param name="Webui">For browsers; null: there is none.</param>
/// <param name="Trace">Null: the API's, which answers 404 to traces, and clients don't mind.</param>
public sealed record ClientEndpoints(string Api, string Auth, string? Webui, string? Trace)
{
    public static ClientEndpoints Of(RucioInstance instance)
    {
        var (spec, names) = (instance.Spec, InstanceNames.Of(instance));
        if (spec.External is { } external)
        {
            return new(Plain(external.ApiUrl), Plain(external.AuthUrl ?? external.ApiUrl), null, null);
        }
        var api = Exposure.ApiUrl(spec, names);
        return new(api, spec.Auth is { } auth ? Exposure.Url(auth) : api, spec.Webui is { } webui ? Exposure.Url(webui) : null,
            spec.Trace is not { } trace ? null : trace.Host is null ? $"http://{names.Trace}.{names.Namespace}.svc" : Exposure.Url(trace));
    }

    /// <summary>Some of it is told by TLS.</summary>
    public bool AnyTls => ((string?[])[Api, Auth, Trace]).Any(url => url?.StartsWith("https:", StringComparison.Ordinal) == true);

    private static string Plain(string url) => url.TrimEnd('/');
}
