using System.Diagnostics;
using System.Net;

namespace RucioOperator.Runtime;

/// <summary>One call to the API server as figures, traces and errors name it.</summary>
/// <param name="Resource">The plural, perhaps with a subresource.</param>
/// <param name="Operation">With the object's name; not for labels.</param>
internal readonly record struct KubeCall(string Verb, string Resource, string Operation)
{
    public Telling Begin(HttpRequestMessage request, TimeProvider time)
    {
        var span = RuntimeTracing.Call("kube", Verb, Resource);
        span?.SetTag("operation", Operation);
        span.Tell(request);
        return new(this, span, time);
    }

    /// <summary>Until its end.</summary>
    public sealed class Telling(KubeCall call, Activity? span, TimeProvider time) : IDisposable
    {
        private readonly long began = time.GetTimestamp();
        private int? status;

        public void Answered(HttpStatusCode answer) => status = (int)answer;

        public void Dispose()
        {
            RuntimeMetrics.KubeRequests.Record(time.GetElapsedTime(began).TotalSeconds, new("verb", call.Verb), new("resource", call.Resource), new("code", RuntimeMetrics.Code(status)));
            span.Answered(status);
            span?.Dispose();
        }
    }
}
