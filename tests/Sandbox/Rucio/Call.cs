using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>One request on its way through a view.</summary>
internal sealed class Call(StandInServer server, HttpRequest request, Route route, IReadOnlyDictionary<string, string> path, string body, Session session)
{
    public StandInServer Server => server;

    public Route Route => route;

    public Session Db => session;

    public string Body => body;

    public InternalAccount Issuer { get; set; }

    public string Vo => Issuer.Vo;

    public string this[string placeholder] => path[placeholder];

    public string? Optional(string placeholder) => path.GetValueOrDefault(placeholder);

    public string? Header(string name) => request.Headers[name] is [{ Length: > 0 } value, ..] ? value : null;

    public string? Query(string name) => request.Query[name] is [{ } value, ..] ? value : null;

    public IEnumerable<KeyValuePair<string, string>> Queries => request.Query.Select(q => KeyValuePair.Create(q.Key, q.Value[0] ?? ""));

    public string? Peer => request.HttpContext.Connection.RemoteIpAddress?.ToString();

    /// <summary>An account of the caller's VO.</summary>
    public InternalAccount Account(string name) => new(name, Vo);

    public JsonObject Parameters(bool optional = false) => optional && body.Length == 0 ? [] : Parse<JsonObject>("dictionary");

    public JsonArray Items() => Parse<JsonArray>("list");

    public static JsonNode? Required(JsonObject parameters, string name) =>
        parameters.ContainsKey(name) ? parameters[name] : throw new AbortException(400, "KeyError", $"'{name}' not defined");

    public static bool Flag(JsonObject parameters, string name, bool? fallback = null) => PythonJson.Str(parameters[name])?.ToLowerInvariant() switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        null => fallback ?? throw new AbortException(400, "KeyError", $"'{name}' not defined"),
        _ => throw new AbortException(400, "TypeError", $"'{name}' must be a boolean type."),
    };

    private T Parse<T>(string type) where T : JsonNode
    {
        try
        {
            return JsonNode.Parse(body) as T ?? throw new AbortException(400, "TypeError", $"body must be a json {type}");
        }
        catch (JsonException)
        {
            throw new AbortException(400, "ValueError", $"cannot decode json parameter {type}");
        }
    }
}
