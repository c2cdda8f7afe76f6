using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>What controllers are composed from.</summary>
/// <param name="Identity">Of this process, in Leases and Events.</param>
public sealed record Composition(OperatorOptions Options, KubeApi Api, ControllerRuntime Runtime, TimeProvider Time, Random Random, ILoggerFactory Loggers, string Identity);
