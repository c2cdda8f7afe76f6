using System.Net;
using System.Text.Json;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>HTTP answers and Status objects → <see cref="KubeApiException"/>.</summary>
internal static class KubeErrors
{
    public static KubeApiException From(string operation, HttpStatusCode code, TimeSpan? retryAfter, V1Status? status)
    {
        var kind = (int)code switch
        {
            404 => KubeErrorKind.NotFound,
            409 => status?.Reason == "AlreadyExists" ? KubeErrorKind.AlreadyExists : KubeErrorKind.Conflict,
            410 => KubeErrorKind.Gone,
            401 or 403 => KubeErrorKind.Forbidden,
            429 => KubeErrorKind.Throttled,
            408 or >= 500 => KubeErrorKind.Unavailable,
            _ => KubeErrorKind.Invalid,
        };
        retryAfter ??= status?.Details?.RetryAfterSeconds is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null;
        return new KubeApiException(kind, operation, Detail(status), (int)code, retryAfter)
        {
            Causes = [.. (status?.Details?.Causes ?? []).Where(cause => !string.IsNullOrEmpty(cause.Field) && !string.IsNullOrEmpty(cause.Message)).Select(cause => (cause.Field, cause.Message))],
        };
    }

    /// <summary>Null when the body is something else (a proxy's page).</summary>
    public static V1Status? ReadStatus(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, KubeJson.Info<V1Status>());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    // Messages of validation errors quote values; causes name fields only.
    private static string Detail(V1Status? status)
    {
        var fields = status?.Details?.Causes?.Select(cause => cause.Field).Where(field => !string.IsNullOrEmpty(field)).Distinct().Take(5).ToArray() ?? [];
        return string.Join(": ", new[] { status?.Reason, string.Join(", ", fields) }.Where(part => !string.IsNullOrEmpty(part)));
    }
}
