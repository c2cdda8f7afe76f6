using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using k8s;

namespace RucioOperator.Tests.Cluster;

/// <summary>The API as it is on the wire: a test sees exactly what the server said.</summary>
internal sealed class ClusterClient(Kubernetes client)
{
    public const string Merge = "application/merge-patch+json";
    public const string StrategicMerge = "application/strategic-merge-patch+json";
    public const string Apply = "application/apply-patch+yaml";

    public async Task<(int Status, JsonObject Body)> SendAsync(string method, string path, JsonNode? body = null, string contentType = "application/json", string accept = "application/json")
    {
        using var response = await OpenAsync(method, path, body, contentType, accept, default);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)!.AsObject() : new JsonObject { ["text"] = text });
    }

    /// <summary>As <see cref="SendAsync"/>, and anything but success is a failure of the test.</summary>
    public async Task<JsonObject> DoAsync(string method, string path, JsonNode? body = null, string contentType = "application/json", string accept = "application/json")
    {
        var (status, answer) = await SendAsync(method, path, body, contentType, accept);
        return status < 300 ? answer : throw new InvalidOperationException($"{method} {path}: {status} {answer["message"] ?? answer}");
    }

    public async Task<HttpResponseMessage> OpenAsync(string method, string path, JsonNode? body, string contentType, string accept, CancellationToken ct)
    {
        var request = new HttpRequestMessage(new(method), new Uri(client.BaseUri, path));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, MediaTypeHeaderValue.Parse(contentType));
        if (client.Credentials is { } credentials)
            await credentials.ProcessHttpRequestAsync(request, ct);
        return await client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
    }
}
