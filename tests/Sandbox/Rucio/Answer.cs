using System.Text;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>What a view returns.</summary>
public sealed record Answer(int Status, string Body, string ContentType)
{
    private const string Html = "text/html; charset=utf-8";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public static Answer Created { get; } = new(201, "Created", Html);

    public static Answer Ok { get; } = new(200, "", Html);

    public static Answer Text(int status, string text) => new(status, text, Html);

    public static Answer Json(object? value) => new(200, PythonJson.Render(value), "application/json");

    public static Answer Stream(IEnumerable<object?> rows, string contentType = "application/x-json-stream")
    {
        var text = new StringBuilder();
        foreach (var row in rows)
            text.Append(PythonJson.Render(row)).Append('\n');
        return new(200, text.ToString(), contentType);
    }

    public static Answer Error(int status, string @class, string message)
    {
        var line = string.Concat(message.Select(c => c is < ' ' or > '~' ? ' ' : c)).TrimEnd();
        return new(status, PythonJson.Render(new Row { ["ExceptionClass"] = @class, ["ExceptionMessage"] = message }), "application/octet-stream")
        {
            Headers = new Dictionary<string, string>
            {
                ["ExceptionClass"] = @class,
                ["ExceptionMessage"] = line.Length > 125 ? line[..125] + "..." : line,
            },
        };
    }
}
