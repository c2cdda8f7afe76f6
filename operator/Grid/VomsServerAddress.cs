using System.Globalization;
using RucioOperator.Api.Validation;

namespace RucioOperator.Grid;

/// <summary>Where a VO's attributes are given out.</summary>
/// <param name="Vo">Its name in VOMS, not Rucio's tag.</param>
/// <param name="Dn">Of the server's certificate, with slashes; null: any that is of the host.</param>
public sealed record VomsServerAddress(string Vo, string Host, int Port, string? Dn)
{
    /// <param name="vomsesLine">As VOMS servers publish it: <c>"alias" "host" "port" "subject of its certificate" "vo"</c>.</param>
    /// <param name="problem">What is wrong with it, as the end of a sentence that begins with the field.</param>
    public static VomsServerAddress? Parse(string vomsesLine, out string? problem)
    {
        var line = Forms.Vomses().Match(vomsesLine.Trim());
        var port = 0;
        problem = line switch
        {
            { Success: false } => """must be a line of a vomses file: "alias" "host" "port" "subject" "vo", each in double quotes""",
            _ when !int.TryParse(line.Groups["port"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535 => "must have a port of 1 to 65535",
            _ => null,
        };
        return problem is null ? new(line.Groups["vo"].Value, line.Groups["host"].Value, port, line.Groups["subject"].Value) : null;
    }
}
