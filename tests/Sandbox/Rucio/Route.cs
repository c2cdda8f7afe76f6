namespace RucioOperator.Sandbox.Rucio;

internal delegate Task<Answer> View(Call call);

/// <summary>
/// One rule of a Flask blueprint. A pattern's final slash means what it means there: without it the request is redirected.
/// <paramref name="Errors"/> lists the exception classes the view maps, as `Class=status`; all others are 500.
/// </summary>
internal sealed record Route(string Method, string Pattern, View View, string Errors = "", string? Accept = null)
{
    private readonly string[] segments = Pattern.Split('/');
    private readonly Dictionary<string, int> statuses = Errors.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(e => e.Split('=')).ToDictionary(e => e[0], e => int.Parse(e[1]));

    public const string Stream = "application/x-json-stream";
    public const string Json = "application/json";

    /// <summary>auth and ping are plain blueprints, all others ask for a token first.</summary>
    public bool IsOpen { get; init; }

    public int StatusOf(string exceptionClass) => statuses.GetValueOrDefault(exceptionClass, 500);

    public IReadOnlyDictionary<string, string>? Match(string[] path)
    {
        if (path.Length != segments.Length)
            return null;
        Dictionary<string, string> values = [];
        for (var i = 0; i < path.Length; i++)
        {
            if (segments[i] is ['<', .. var name, '>'] && path[i].Length > 0)
                values[name] = Uri.UnescapeDataString(path[i]);
            else if (segments[i] != path[i])
                return null;
        }
        return values;
    }

    /// <summary>As in werkzeug, literal segments win over placeholders.</summary>
    public int Weight => segments.Count(s => !s.StartsWith('<'));
}
