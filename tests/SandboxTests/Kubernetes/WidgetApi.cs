using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.SandboxTests.Kubernetes;

/// <summary>A server with one custom kind, Widget, and the shortest way to talk to it.</summary>
internal sealed class WidgetApi : IAsyncDisposable
{
    public const string Widgets = "apis/example.org/v1/namespaces/default/widgets";

    private readonly HttpClient _http;

    private WidgetApi(KubeApiServer server)
    {
        Server = server;
        _http = new() { BaseAddress = server.Url, DefaultRequestHeaders = { { "User-Agent", "tests/1.0" } } };
    }

    public KubeApiServer Server { get; }

    public static async Task<WidgetApi> StartAsync()
    {
        var server = await KubeApiServer.StartAsync();
        server.ApplyYaml(Definition);
        return new(server);
    }

    public static JsonObject Widget(string name, string spec = "{size: 1}", string metadata = "") =>
        Yaml.Parse($"{{apiVersion: example.org/v1, kind: Widget, metadata: {{name: {name}{(metadata.Length == 0 ? "" : ", " + metadata)}}}, spec: {spec}}}")[0];

    public Task<Answer> GetAsync(string path, string? accept = null) => SendAsync(HttpMethod.Get, path, null, accept);

    public Task<Answer> CreateAsync(string path, JsonObject body) => SendAsync(HttpMethod.Post, path, body);

    public Task<Answer> PutAsync(string path, JsonObject body) => SendAsync(HttpMethod.Put, path, body);

    public Task<Answer> DeleteAsync(string path, string options = "{}") => SendAsync(HttpMethod.Delete, path, Yaml.Parse(options)[0]);

    public Task<Answer> MergeAsync(string path, string patch) =>
        SendAsync(HttpMethod.Patch, path, Yaml.Parse(patch)[0], contentType: "application/merge-patch+json");

    public Task<Answer> ApplyAsync(JsonObject body, string manager, bool force = false, string subresource = "") =>
        SendApplyAsync($"{Widgets}/{body.Text("metadata", "name")}{subresource}?fieldManager={manager}&force={(force ? "true" : "false")}", body);

    public Task<Answer> SendApplyAsync(string path, JsonObject body) => SendAsync(HttpMethod.Patch, path, body, contentType: "application/apply-patch+yaml");

    /// <summary>The lines of a watch as they come.</summary>
    public async IAsyncEnumerable<JsonObject> WatchAsync(string query, string path = Widgets)
    {
        using var response = await _http.GetAsync(new Uri($"{path}?watch=true&{query}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            yield return (JsonObject)JsonNode.Parse(line)!;
        }
    }

    /// <summary>Waits for what happens behind a write: garbage collection, termination.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
    }

    private async Task<Answer> SendAsync(HttpMethod method, string path, JsonObject? body, string? accept = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Accept", accept ?? "application/json");
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, MediaTypeHeaderValue.Parse(contentType));
        }

        using var response = await _http.SendAsync(request);
        return new((int)response.StatusCode, (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync())!, response.Headers);
    }

    private const string Definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.org}
        spec:
          group: example.org
          scope: Namespaced
          names: {kind: Widget, plural: widgets}
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}}
            additionalPrinterColumns:
            - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
            - {name: Size, type: integer, jsonPath: .spec.size}
            - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
            schema:
              openAPIV3Schema:
                type: object
                required: [spec]
                properties:
                  spec:
                    type: object
                    required: [size]
                    properties:
                      size: {type: integer, minimum: 1, maximum: 10}
                      color: {type: string, enum: [red, green], default: red}
                      title: {type: string, maxLength: 8, pattern: '^[a-z]+$'}
                      port: {x-kubernetes-int-or-string: true}
                      parts:
                        type: array
                        maxItems: 3
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [name]
                        items:
                          type: object
                          required: [name]
                          properties: {name: {type: string}, count: {type: integer, default: 1}}
                      free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                  status:
                    type: object
                    properties:
                      phase: {type: string}
                      conditions:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [type]
                        items: {type: object, properties: {type: {type: string}, status: {type: string}}}
        """;
}

internal sealed record Answer(int Status, JsonObject Body, HttpResponseHeaders Headers)
{
    public string Message => Body.Text("message") ?? "";

    public string ResourceVersion => Body.Text("metadata", "resourceVersion") ?? "";
}
