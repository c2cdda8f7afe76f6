using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>An answer other than success, with the words of the real server.</summary>
public sealed class ApiError(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public JsonObject ToStatus() => Status(Code, Reason, Message, (JsonObject?)details?.DeepClone());

    public static JsonObject Status(int code, string reason, string message, JsonObject? details = null)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = code < 400 ? "Success" : "Failure",
            ["message"] = message,
            ["reason"] = reason,
            ["code"] = code,
        };
        status.Put("details", details);
        return status;
    }

    internal static ApiError NotFound(ResourceType type, string name) =>
        new(404, "NotFound", $"{type.GroupResource} \"{name}\" not found", Details(type, name));

    internal static ApiError AlreadyExists(ResourceType type, string name) =>
        new(409, "AlreadyExists", $"{type.GroupResource} \"{name}\" already exists", Details(type, name));

    internal static ApiError Modified(ResourceType type, string name, string why =
        "the object has been modified; please apply your changes to the latest version and try again") =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {type.GroupResource} \"{name}\": {why}", Details(type, name));

    internal static ApiError Expired(string message) => new(410, "Expired", message);

    internal static ApiError BadRequest(string message) => new(400, "BadRequest", message);

    internal static ApiError NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource");

    internal static ApiError MethodNotAllowed() => new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");

    internal static ApiError Terminating(ResourceType type, string name, string ns) =>
        new(403, "Forbidden",
            $"{type.GroupResource} \"{name}\" is forbidden: unable to create new content in namespace {ns} because it is being terminated",
            Details(type, name, [Cause("NamespaceTerminating", $"namespace {ns} is being terminated", "metadata.namespace")]));

    internal static ApiError Invalid(ResourceType type, string name, IReadOnlyList<FieldError> errors)
    {
        var texts = errors.Select(error => error.ToString()).Distinct().ToList();
        var all = texts.Count == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        var kind = type.Group.Length == 0 ? type.Kind : $"{type.Kind}.{type.Group}";
        var causes = errors.Select(error => Cause(error.Reason, error.Detail, error.Field)).ToArray();
        var details = Details(type, name, causes);
        details["kind"] = type.Kind;
        return new(422, "Invalid", $"{kind} \"{name}\" is invalid: {all}", details);
    }

    internal static ApiError ApplyConflict(ResourceType type, string name, IReadOnlyList<(string Owner, string Field)> conflicts)
    {
        var groups = conflicts.Count == 1 ? [$"conflict with {conflicts[0].Owner}: {conflicts[0].Field}"]
            : conflicts.GroupBy(conflict => conflict.Owner)
                .Select(group => $"conflicts with {group.Key}:\n{string.Join("\n", group.Select(conflict => $"- {conflict.Field}"))}");
        var causes = conflicts.Select(conflict => Cause("FieldManagerConflict", $"conflict with {conflict.Owner}", conflict.Field)).ToArray();
        var message = $"Apply failed with {conflicts.Count} conflict{(conflicts.Count == 1 ? "" : "s")}: {string.Join("\n", groups)}";
        return new(409, "Conflict", message, Details(type, name, causes));
    }

    private static JsonObject Cause(string reason, string message, string field) =>
        new() { ["reason"] = reason, ["message"] = message, ["field"] = field };

    private static JsonObject Details(ResourceType type, string name, JsonObject[]? causes = null)
    {
        var details = new JsonObject { ["name"] = name };
        details.Put("group", type.Group.Length == 0 ? null : type.Group);
        details["kind"] = type.Plural;
        details.Put("causes", causes?.ToJsonArray());
        return details;
    }
}

/// <summary>One rejected field; the reason is one of the server's <c>FieldValue…</c> words.</summary>
internal sealed record FieldError(string Field, string Reason, string Detail)
{
    public override string ToString() => $"{Field}: {Detail}";

    public static FieldError Required(string field, string detail = "") =>
        new(field, "FieldValueRequired", detail.Length == 0 ? "Required value" : $"Required value: {detail}");

    public static FieldError Invalid(string field, JsonNode? value, string detail) =>
        new(field, "FieldValueInvalid", $"Invalid value: {value.Shown()}: {detail}");

    public static FieldError Forbidden(string field, string detail) => new(field, "FieldValueForbidden", $"Forbidden: {detail}");

    public static FieldError NotSupported(string field, JsonNode? value, IEnumerable<string> supported) =>
        new(field, "FieldValueNotSupported", $"Unsupported value: {value.Shown()}: supported values: {string.Join(", ", supported)}");

    public static FieldError TooLong(string field, int max) => new(field, "FieldValueTooLong", $"Too long: may not be more than {max} bytes");

    public static FieldError TooMany(string field, int actual, int max) =>
        new(field, "FieldValueTooMany", $"Too many: {actual}: must have at most {max} items");

    public static FieldError Duplicate(string field, JsonNode? value) => new(field, "FieldValueDuplicate", $"Duplicate value: {value.Shown()}");
}
