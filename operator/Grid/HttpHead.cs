using System.Globalization;
using System.Text;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Grid;

/// <summary>One HTTP/1.1 request without a body, and of the answer its status alone.</summary>
internal static class HttpHead
{
    private const int Longest = 8 * 1024;

    /// <returns>Null: the answer is not HTTP.</returns>
    /// <exception cref="IOException">It hung up without a word.</exception>
    public static async Task<int?> AskAsync(Stream stream, string method, Endpoint endpoint, CancellationToken ct)
    {
        var depth = method == "PROPFIND" ? "Depth: 0\r\n" : "";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{method} {endpoint.Prefix} HTTP/1.1\r\nHost: {endpoint.Host}:{endpoint.Port}\r\n{depth}User-Agent: rucio-operator-check\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), ct);
        var (buffer, length) = (new byte[Longest], 0);
        while (length < Longest && buffer.AsSpan(0, length).IndexOf("\r\n"u8) < 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), ct);
            if (read == 0)
            {
                break;
            }
            length += read;
        }
        return length == 0 ? throw new EndOfStreamException() : Status(Encoding.Latin1.GetString(buffer, 0, length));
    }

    private static int? Status(string answer) =>
        answer.Split("\r\n", 2)[0].Split(' ') is [var version, var code, ..] && version.StartsWith("HTTP/1.", StringComparison.Ordinal)
        && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and < 600 ? status : null;
}
