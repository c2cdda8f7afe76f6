using System.Net;
using RucioOperator.Observed;

namespace RucioOperator.Grid;

/// <summary>Reads one revocation list from where it is published.</summary>
public sealed class RevocationFetch(HttpClient http, TimeProvider time)
{
    /// <summary>The largest of IGTF have some MB.</summary>
    private const int Largest = 10 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <exception cref="HttpRequestException">There is none, in words for people.</exception>
    public async Task<byte[]> ReadAsync(Uri url, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var answer = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, both.Token);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                throw new HttpRequestException($"answers {(int)answer.StatusCode}");
            }
            await using var body = await answer.Content.ReadAsStreamAsync(both.Token);
            return await ReadAsync(body, both.Token);
        }
        catch (HttpRequestException error) when (error.HttpRequestError != HttpRequestError.Unknown)
        {
            throw new HttpRequestException(HttpFailures.Words(error));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new HttpRequestException("no answer in time");
        }
        catch (IOException)
        {
            throw new HttpRequestException("the answer broke off");
        }
    }

    private static async Task<byte[]> ReadAsync(Stream body, CancellationToken ct)
    {
        using var read = new MemoryStream();
        var part = new byte[81920];
        for (int n; (n = await body.ReadAsync(part, ct)) > 0;)
        {
            if (read.Length + n > Largest)
            {
                throw new HttpRequestException($"more than {Largest / 1024 / 1024} MiB");
            }
            read.Write(part, 0, n);
        }
        return read.ToArray();
    }
}
