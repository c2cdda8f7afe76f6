using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>From a request to an answer: faults and hooks around, verbs inside.</summary>
internal sealed class ApiEndpoint(KubeApiServer server, ObjectStore store, TypeRegistry types, ResourceVerbs verbs, Pages pages, TimeProvider clock)
{
    private const string JsonType = "application/json";
    private readonly Discovery _discovery = new(types);
    private readonly Watches _watches = new(server, store, clock);

    public async Task HandleAsync(HttpContext context)
    {
        var request = RequestParser.Parse(context.Request, clock.GetUtcNow());
        server.Requests.Add(request);
        try
        {
            await HandleAsync(context, request);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException && context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, or a fault has cut it off.
        }
    }

    private async Task HandleAsync(HttpContext context, ApiRequest request)
    {
        var body = await ReadAsync(context.Request, context.RequestAborted);
        await (server.OnRequest?.Invoke(request) ?? Task.CompletedTask);
        var fault = server.Faults.Take(request, onStream: false);
        if (fault is { Delay.Ticks: > 0 })
        {
            await Task.Delay(fault.Delay, clock, context.RequestAborted);
        }

        if (fault?.CloseBefore == true)
        {
            context.Abort();
            return;
        }

        Answer answer;
        try
        {
            if (fault?.Status is { } status)
            {
                throw Injected(status);
            }

            server.Gate.Check(context.Request.Headers.Authorization.ToString(), request, body, () => IsThere(request));
            if (request.Verb == "watch" && Served(request) is { } type)
            {
                await _watches.RunAsync(context, request, type);
                return;
            }

            answer = await Task.FromResult(request.Resource.Length > 0 ? Resource(context, request, body) : General(context, request));
        }
        catch (ApiError error)
        {
            answer = new(error.Code, error.ToStatus());
        }

        request.Status = answer.Status;
        await (server.OnResponse?.Invoke(request) ?? Task.CompletedTask);
        if (fault?.CloseAfter == true)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        if (fault?.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        foreach (var warning in answer.Warnings)
        {
            context.Response.Headers.Append("Warning", $"299 - \"{warning.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }

        var bytes = answer.Bytes ?? Json.Bytes(answer.Node);
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private bool IsThere(ApiRequest request)
    {
        lock (store.Gate)
        {
            return Served(request) is { } type && store.Find(type.Storage, request.Namespace, request.Name) is not null;
        }
    }

    private Answer General(HttpContext context, ApiRequest request)
    {
        var aggregated = context.Request.Headers.Accept.ToString().Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal);
        return request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["version"] => new(200, Discovery.Version),
            ["healthz" or "livez" or "readyz", ..] => new(200, null) { Bytes = "ok"u8.ToArray(), ContentType = "text/plain" },
            ["api"] or ["apis"] when aggregated => new(200, _discovery.Aggregated(request.Path.StartsWith("/api", StringComparison.Ordinal) && !request.Path.StartsWith("/apis", StringComparison.Ordinal)))
            {
                ContentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            },
            ["api"] => new(200, new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") }),
            ["apis"] => new(200, _discovery.Groups()),
            ["api", var version] => new(200, _discovery.Resources("", version) ?? throw ApiError.NoSuchPath()),
            ["apis", var group] => new(200, _discovery.Group(group) ?? throw ApiError.NoSuchPath()),
            ["apis", var group, var version] => new(200, _discovery.Resources(group, version) ?? throw ApiError.NoSuchPath()),
            ["openapi", "v3"] => new(200, _discovery.OpenApiIndex()),
            ["openapi", "v3", .. var root] => new(200, _discovery.OpenApi(string.Join('/', root)) ?? throw ApiError.NoSuchPath()),
            _ => throw ApiError.NoSuchPath(),
        };
    }

    private ResourceType? Served(ApiRequest request) => types.Find(request.Group, request.Version, request.Resource);

    private Answer Resource(HttpContext context, ApiRequest request, byte[] body)
    {
        if (request is { Verb: "create", Group: "authorization.k8s.io" or "authentication.k8s.io" })
        {
            var review = Parse(body);
            review["status"] = request.Group[..8] == "authoriz" ? new JsonObject { ["allowed"] = server.Gate.Allows(context.Request.Headers.Authorization.ToString(), review) }
                : new JsonObject { ["authenticated"] = true, ["userInfo"] = new JsonObject { ["username"] = "sandbox-admin" } };
            return new(201, review);
        }

        var type = Served(request) ?? throw ApiError.NoSuchPath();
        var subresource = request.Subresource;
        if ((subresource == "status" && !type.HasStatus) || (subresource == "scale" && !type.HasScale) || subresource is not ("" or "status" or "scale" or "finalize"))
        {
            throw ApiError.NoSuchPath();
        }

        var query = context.Request.Query;
        var options = new WriteOptions(query["fieldManager"].ToString() is { Length: > 0 } manager ? manager
            : request.IsApply ? "" : request.UserAgent.Split('/')[0] is { Length: > 0 } agent ? agent : "unknown")
        {
            DryRun = query["dryRun"] == "All",
            Force = query["force"] == "true",
            FieldValidation = query["fieldValidation"].ToString() is { Length: > 0 } validation ? validation : "Warn",
            Subresource = subresource == "finalize" ? "" : subresource,
        };
        var (ns, name) = (request.Namespace, request.Name);
        switch (request.Verb)
        {
            case "list":
                return List(context, request, type);
            case "deletecollection":
                return DeleteAll(context, request, type, body);
            case "get" when subresource == "scale":
                return new(200, Scales.Of(Find(type, ns, name).Node, type));
            case "get":
                return One(context, type, Find(type, ns, name), 200);
            case "update" or "patch" when subresource == "scale":
                return new(200, Scales.Of(Scales.Write(verbs, type, ns, name, Parse(body), options with { Subresource = "" }).Node, type));
            case "create":
                return One(context, type, verbs.Create(type, ns, Parse(body), options), 201, options);
            case "update":
                return One(context, type, verbs.Update(type, ns, name, Parse(body), options), 200, options);
            case "patch" when request.IsApply:
                var applied = verbs.Apply(type, ns, name, Parse(body), options, out var created);
                return One(context, type, applied, created ? 201 : 200, options);
            case "patch":
                return One(context, type, verbs.Patch(type, ns, name, Format(request, type), JsonNode.Parse(body)!, options), 200, options);
            case "delete":
                var (stored, gone) = verbs.Delete(type, ns, name, Deletion(query, body));
                return gone
                    ? new(200, Deleted(type, stored)) : One(context, type, stored, 200);
            default:
                throw ApiError.MethodNotAllowed();
        }
    }

    private StoredObject Find(ResourceType type, string ns, string name)
    {
        lock (store.Gate)
        {
            return verbs.Get(type, ns, name);
        }
    }

    private Answer One(HttpContext context, ResourceType type, StoredObject stored, int status, WriteOptions? options = null) =>
        new(status, null) { Bytes = new Form(context.Request, clock).Of(type, stored), Warnings = options?.Warnings ?? [] };

    private Answer List(HttpContext context, ApiRequest request, ResourceType type)
    {
        var query = context.Request.Query;
        var page = pages.Read(type, request.Namespace.Length > 0 ? request.Namespace : null, Selected(query),
            int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : 0, query["continue"].ToString(),
            query["resourceVersion"].ToString(), query["resourceVersionMatch"].ToString());
        var metadata = new JsonObject { ["resourceVersion"] = page.Version.ToString(CultureInfo.InvariantCulture) };
        metadata.Put("continue", page.Continue);
        metadata.Put("remainingItemCount", page.Continue is null || !Selected(query).IsEmpty ? null : page.Remaining);
        var form = new Form(context.Request, clock);
        if (form.IsTable)
        {
            return new(200, form.Table(type, page.Items, metadata));
        }

        var (kind, version) = form.IsMetadata ? ("PartialObjectMetadataList", "meta.k8s.io/v1") : (type.ListKind, type.ApiVersion);
        using var buffer = new MemoryStream();
        buffer.Write(System.Text.Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata.ToJsonString()},\"items\":["));
        for (var i = 0; i < page.Items.Count; i++)
        {
            buffer.Write(i == 0 ? ""u8 : ","u8);
            buffer.Write(form.Of(type, page.Items[i]));
        }

        buffer.Write("]}"u8);
        return new(200, null) { Bytes = buffer.ToArray() };
    }

    private Answer DeleteAll(HttpContext context, ApiRequest request, ResourceType type, byte[] body)
    {
        var (options, selectors) = (Deletion(context.Request.Query, body), Selected(context.Request.Query));
        lock (store.Gate)
        {
            var doomed = store.List(type.Storage, request.Namespace.Length > 0 ? request.Namespace : null).Where(item => selectors.Match(type.FromStored(item.Node))).ToList();
            foreach (var item in doomed)
            {
                verbs.Delete(type, item.Namespace, item.Name, options);
            }

            return new(200, new JsonObject
            {
                ["kind"] = type.ListKind,
                ["apiVersion"] = type.ApiVersion,
                ["metadata"] = new JsonObject { ["resourceVersion"] = store.Version.ToString(CultureInfo.InvariantCulture) },
                ["items"] = doomed.Select(item => type.FromStored(item.Node).DeepClone()).ToJsonArray(),
            });
        }
    }

    private static Selectors Selected(IQueryCollection query) => Selectors.Parse(query["labelSelector"], query["fieldSelector"]);

    private static DeleteOptions Deletion(IQueryCollection query, byte[] body)
    {
        var sent = body.Length > 0 ? Parse(body) : [];
        return new()
        {
            Propagation = sent.Text("propagationPolicy") ?? (query["propagationPolicy"].ToString() is { Length: > 0 } policy ? policy
                : sent.Flag("orphanDependents") || query["orphanDependents"] == "true" ? "Orphan" : "Background"),
            Uid = sent.Text("preconditions", "uid"),
            ResourceVersion = sent.Text("preconditions", "resourceVersion"),
            DryRun = query["dryRun"] == "All" || sent.At("dryRun") is JsonArray { Count: > 0 },
        };
    }

    private static JsonObject Deleted(ResourceType type, StoredObject stored) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Success",
        ["details"] = new JsonObject { ["name"] = stored.Name, ["group"] = type.Group, ["kind"] = type.Plural, ["uid"] = stored.Uid },
    };

    private static PatchFormat Format(ApiRequest request, ResourceType type) => request.ContentType.Split(';')[0] switch
    {
        "application/json-patch+json" => PatchFormat.Json,
        "application/merge-patch+json" => PatchFormat.Merge,
        "application/strategic-merge-patch+json" when !type.IsCustom => PatchFormat.Strategic,
        var other => throw new ApiError(415, "UnsupportedMediaType", $"the body of the request was in an unknown format - accepted media types include: "
            + $"application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml (was {other})"),
    };

    private static JsonObject Parse(byte[] body) =>
        Json.TryParseObject(body, out var node) && node is JsonObject map ? map
        : body.AsSpan().StartsWith("k8s\0"u8) ? Protobuf.Read(body) ?? throw new ApiError(415, "UnsupportedMediaType",
            "the sandbox reads this kind as JSON only: kubectl create … --dry-run=client -o yaml | kubectl apply -f -")
        : Yaml.TryParse(System.Text.Encoding.UTF8.GetString(body)) ?? throw ApiError.BadRequest("the object provided is unrecognized (must be JSON or YAML)");

    private static ApiError Injected(int status) => status switch
    {
        409 => new(409, "Conflict", "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again"),
        410 => ApiError.Expired("The provided continue parameter or resource version is too old"),
        429 => new(429, "TooManyRequests", "the server has received too many requests and has asked us to try again later"),
        500 => new(500, "InternalError", "Internal error occurred: injected"),
        503 => new(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => new(504, "Timeout", "Timeout: request did not complete within the allotted timeout"),
        403 => new(403, "Forbidden", "forbidden: injected"),
        404 => ApiError.NoSuchPath(),
        _ => new(status, "Unknown", "injected"),
    };

    private static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength is null or 0 && !request.Headers.TransferEncoding.Any())
        {
            return [];
        }

        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, ct);
        return buffer.ToArray();
    }

    private sealed record Answer(int Status, JsonNode? Node)
    {
        public byte[]? Bytes { get; init; }
        public string ContentType { get; init; } = JsonType;
        public IReadOnlyList<string> Warnings { get; init; } = [];
    }
}
