using System.Diagnostics;

namespace RucioOperator.Runtime;

public static class RuntimeTracing
{
    public const string SourceName = "rucio-operator";

    public static readonly ActivitySource Source = new(SourceName);
}
