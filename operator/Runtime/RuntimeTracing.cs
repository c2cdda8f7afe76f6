using System.Diagnostics;

namespace RucioOperator.Runtime;

/// <summary>Spans below a <see cref="Work"/>; null, and no cost, where nobody listens.</summary>
public static class RuntimeTracing
{
    public const string SourceName = "rucio-operator";

    public static readonly ActivitySource Source = new(SourceName);

    /// <summary>A part of a piece of work, such as its plan.</summary>
    /// <param name="name">One of few, as is <paramref name="of"/>.</param>
    public static Activity? Part(string name, string? of = null) => !IsOn ? null : Source.StartActivity(of is null ? name : $"{name} {of}");

    /// <summary>A call to another server. None outside of any work: a lease that is renewed every two seconds is worth no trace.</summary>
    /// <param name="what">One of few for each server and method.</param>
    public static Activity? Call(string server, string method, string what) => IsOn ? Source.StartActivity($"{server} {method} {what}", ActivityKind.Client) : null;

    /// <summary>So that the server's own spans hang below ours, as W3C says.</summary>
    public static void Tell(this Activity? span, HttpRequestMessage request)
    {
        if (span is { IdFormat: ActivityIdFormat.W3C, Id: { } id })
        {
            request.Headers.TryAddWithoutValidation("traceparent", id);
        }
    }

    /// <param name="status">Of HTTP; null: there was no answer.</param>
    public static void Answered(this Activity? span, int? status)
    {
        if (span is null)
        {
            return;
        }
        if (status is not null)
        {
            span.SetTag("http.response.status_code", status);
        }
        if (status is null or >= 400)
        {
            span.Fail(RuntimeMetrics.Code(status));
        }
    }

    /// <param name="type">A class of errors, never a text of one.</param>
    public static void Fail(this Activity? span, string type) => span?.SetTag("error.type", type).SetStatus(ActivityStatusCode.Error);

    /// <summary>Spans that are begun now are somebody's.</summary>
    internal static bool IsOn => Work.Current is { IsTraced: true };
}
