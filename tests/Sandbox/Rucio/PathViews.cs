using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Names of files → URLs, by the rules of each implementation (lib/rucio/rse/protocols).</summary>
internal static class PathViews
{
    public static readonly Route[] Routes =
    [
        new("GET", "/rses/<rse>/lfns2pfns", ListAsync, "RSENotFound=404 RSEProtocolNotSupported=404 RSEProtocolDomainNotSupported=404", Route.Json),
    ];

    private static async Task<Answer> ListAsync(Call call)
    {
        var rse = await RseViews.InfoAsync(call);
        var (scheme, domain, operation) = (call.Query("scheme"), call.Query("domain") ?? "wan", call.Query("operation") ?? "write");
        if (call.Query("lfn")?.Split(':', 2) is not [var scope, var name])
            throw new AbortException(400, "InvalidPath", "LFN(s) in invalid format: ");
        var offered = from p in (IReadOnlyList<Row>)rse["protocols"]!
                      where scheme is null || PythonJson.Str((JsonNode?)p["scheme"]) == scheme
                      let priority = ((Row)((Row)p["domains"]!)[domain]!)[operation] as JsonNode
                      where priority is not null
                      orderby priority.GetValue<int>()
                      select p;
        // The view catches neither this one nor an algorithm that nobody registered.
        var protocol = offered.FirstOrDefault() ?? throw new PythonException("No protocol for provided settings");
        var path = rse["lfn2pfn_algorithm"]!.ToString() switch
        {
            "hash" => ReplicaViews.HashPath(scope, name),
            "identity" => $"{(scope.StartsWith("user") || scope.StartsWith("group") ? scope.Replace('.', '/') : scope)}/{name}",
            var other => throw new PythonException($"'{other}'"),
        };
        return Answer.Json(new Row { [$"{scope}:{name}"] = Url(protocol, path) });
    }

    /// <summary>
    /// The part of a file's URL that is stored: what parse_pfns of gfal, and of the base class for others, take apart, hosts
    /// ending at their first colon.
    /// </summary>
    public static string PathOf(IReadOnlyList<JsonObject> protocols, string pfn)
    {
        var scheme = pfn[..pfn.IndexOf(':')];
        var protocol = protocols.FirstOrDefault(p => PythonJson.Str(p["scheme"]) == scheme) ?? throw new RucioException("RSEProtocolNotSupported", "No protocol for provided settings found");
        var (netloc, path) = (pfn[(scheme.Length + 3)..].Split('/')[0], pfn[pfn.IndexOf('/', scheme.Length + 3)..]);
        var (host, port) = netloc.Split(':', 2) is [var name, var number] ? (name, number) : (netloc, "");
        var (wantedHost, wantedPort, prefix) = (PythonJson.Str(protocol["hostname"])!, PythonJson.Str(protocol["port"])!, PythonJson.Str(protocol["prefix"]) ?? "");
        var isGfal = PythonJson.Str(protocol["impl"])!.Contains(".gfal.", StringComparison.Ordinal);
        if (!isGfal && port != "" && !int.TryParse(port, out _))
            throw new PythonException($"invalid literal for int() with base 10: '{port}'");
        if (host != wantedHost && (isGfal || wantedHost != "localhost"))
            throw new RucioException("RSEFileNameNotSupported", $"Invalid hostname: provided '{host}', expected '{wantedHost}'");
        if (port != wantedPort && (port != "" || !isGfal && wantedPort != "0"))
            throw new RucioException("RSEFileNameNotSupported", $"Invalid port: provided '{port}', expected '{wantedPort}'");
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
            throw new RucioException("RSEFileNameNotSupported", $"Invalid prefix: expected '{prefix}'");
        return "/" + path[prefix.Length..].TrimStart('/');
    }

    private static string Url(Row p, string path)
    {
        string Text(string key) => PythonJson.Str(p[key] as JsonNode) ?? p[key]?.ToString() ?? "";
        var prefix = Text("prefix");
        prefix = prefix.StartsWith('/') ? prefix : "/" + prefix;
        prefix = prefix.EndsWith('/') ? prefix : prefix + "/";
        var (scheme, host, port) = (Text("scheme"), Text("hostname"), Text("port"));
        var module = Text("impl").Split('.')[^2];
        return module switch
        {
            "posix" => $"{scheme}://{host}{prefix}{path}",
            "storm" => $"storm://{host}:{port}{prefix}{path}",
            "gfal" => $"{scheme}://{host}{(port == "0" ? "" : ":" + port)}{(p["extended_attributes"] as JsonObject)?["web_service_path"]}{prefix}{path}",
            _ => $"{scheme}://{host}:{port}{prefix}{path}",
        };
    }
}
