using System.Diagnostics;
using Npgsql;
using RucioOperator.Runtime;

namespace RucioOperator.Catalogue;

/// <summary>
/// Statements as spans, by their first word. Their texts stay here: a password's verifier is part of <c>ALTER ROLE</c>, and a
/// hundred lines that read a catalogue tell nobody anything.
/// </summary>
internal static class DatabaseTracing
{
    private const string Text = "db.query.text";

    public static void Configure(NpgsqlTracingOptionsBuilder tracing) => tracing
        .ConfigureCommandFilter(_ => RuntimeTracing.IsOn)
        .ConfigureBatchFilter(_ => RuntimeTracing.IsOn)
        .ConfigureCommandSpanNameProvider(command => $"sql {Verb(command.CommandText)}")
        .ConfigureBatchSpanNameProvider(batch => $"sql {(batch.BatchCommands.Count == 0 ? "" : Verb(batch.BatchCommands[0].CommandText))}")
        .ConfigureCommandEnrichmentCallback((span, _) => Shorten(span))
        .ConfigureBatchEnrichmentCallback((span, batch) => Shorten(span)?.SetTag("db.operation.batch.size", batch.BatchCommands.Count))
        .EnableFirstResponseEvent(false)
        .EnablePhysicalOpenTracing(false);

    private static Activity? Shorten(Activity span) => span.SetTag(Text, null);

    private static string Verb(string sql)
    {
        var words = sql.AsSpan().TrimStart();
        var end = 0;
        while (end < words.Length && char.IsAsciiLetter(words[end]))
        {
            end++;
        }
        return words[..end].ToString();
    }
}
