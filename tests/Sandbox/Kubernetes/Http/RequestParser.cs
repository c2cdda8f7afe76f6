using Microsoft.AspNetCore.Http;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>A URL as the API reads it.</summary>
internal static class RequestParser
{
    public static ApiRequest Parse(HttpRequest http, DateTimeOffset at)
    {
        var path = http.Path.Value ?? "/";
        var request = new ApiRequest
        {
            Verb = http.Method.ToLowerInvariant(),
            Path = path,
            Query = http.QueryString.Value ?? "",
            UserAgent = http.Headers.UserAgent.ToString(),
            ContentType = http.ContentType ?? "",
            Accept = http.Headers.Accept.ToString(),
            At = at,
        };
        var steps = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version, rest) = steps switch
        {
            ["api", var v, .. var more] => ("", v, more),
            ["apis", var g, var v, .. var more] => (g, v, more),
            _ => ("", "", []),
        };
        if (rest.Length == 0)
        {
            return request;
        }

        var ns = "";
        if (rest is ["namespaces", var home, var first, ..] && first is not ("status" or "finalize"))
        {
            (ns, rest) = (home, rest[2..]);
        }

        var name = rest.Length > 1 ? rest[1] : "";
        return request with
        {
            Group = group,
            Version = version,
            Namespace = ns,
            Resource = rest[0],
            Name = name,
            Subresource = rest.Length > 2 ? rest[2] : "",
            Verb = (http.Method, name.Length > 0) switch
            {
                ("GET", _) when http.Query["watch"] == "true" || http.Query["watch"] == "1" => "watch",
                ("GET", true) => "get",
                ("GET", false) => "list",
                ("POST", _) => "create",
                ("PUT", _) => "update",
                ("PATCH", _) => "patch",
                ("DELETE", true) => "delete",
                ("DELETE", false) => "deletecollection",
                _ => request.Verb,
            },
        };
    }
}
