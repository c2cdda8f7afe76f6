using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Planning.Checks;

namespace RucioOperator.RucioApi;

/// <summary>Makes the attempts, one after the other, with one credential. Anything but a refusal counts as success.</summary>
/// <param name="publicApi">With a time-out of its own: an API that does not answer must not hold up the VO.</param>
public sealed class IsolationProbe(RucioServer publicApi, RucioServer adminApi, RucioCredential credential, RucioSession superRoot, TimeProvider time)
{
    /// <summary>What the requests call themselves, so that logs and counts can tell them from work.</summary>
    public const string UserAgent = "rucio-operator-check";

    private readonly RucioSession _public = publicApi.As(credential, time);
    private readonly RucioSession _admin = adminApi.As(credential, time);

    /// <exception cref="RucioUnavailableException">One could not be made: nothing is known.</exception>
    /// <exception cref="RucioRejectedException">The credential itself does not work.</exception>
    public async Task<IsolationResult> RunAsync(IReadOnlyList<IsolationAttempt> attempts, CancellationToken ct)
    {
        await _public.LoginAsync(ct);
        await _admin.LoginAsync(ct);
        var succeeded = new List<string>();
        foreach (var attempt in attempts)
        {
            try
            {
                if (await SucceedsAsync(attempt, ct))
                {
                    succeeded.Add(attempt.Name);
                }
            }
            catch (RucioRejectedException overload) when (overload.IsOverload)
            {
                throw new RucioUnavailableException("check of isolation", $"status {overload.Status}", overload);
            }
            catch (RucioRejectedException)
            {
                // As it must be.
            }
        }
        return new(attempts.Count, succeeded);
    }

    private Task<bool> SucceedsAsync(IsolationAttempt attempt, CancellationToken ct) => attempt switch
    {
        LoginAttempt login => LogsInAsync(credential with { Account = login.Account, Vo = login.Vo }, ct),
        CallAttempt call => CallAsync(call, ct),
        ListAttempt list => ListAsync(list, ct),
        _ => throw new ArgumentOutOfRangeException(nameof(attempt), attempt.GetType().Name, null),
    };

    private async Task<bool> LogsInAsync(RucioCredential other, CancellationToken ct)
    {
        await publicApi.As(other, time).LoginAsync(ct);
        return true;
    }

    private async Task<bool> CallAsync(CallAttempt call, CancellationToken ct)
    {
        (string, string)[] headers = call.AsVo is { } vo ? [("X-Rucio-VO", vo)] : [];
        await At(call.At).SendAsync(new HttpMethod(call.Method), call.Path, call.Body is null ? null : JsonNode.Parse(call.Body), ct, headers);
        if (call.Undo is { } path)
        {
            await superRoot.SendAsync(HttpMethod.Delete, path, null, ct);
        }
        return true;
    }

    private async Task<bool> ListAsync(ListAttempt list, CancellationToken ct)
    {
        var body = await At(list.At).SendAsync(HttpMethod.Get, list.Path, null, ct) ?? "";
        try
        {
            return Names(body, list.Key).Any(list.Foreign.Contains);
        }
        catch (JsonException error)
        {
            throw new RucioUnavailableException($"GET /{list.Path}", "the answer broke off", error);
        }
    }

    private static IEnumerable<string> Names(string body, string? key) => key is null
        ? JsonElement.Parse(body).EnumerateArray().Select(e => e.GetString() ?? "")
        : body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line).TryGetProperty(key, out var name) ? name.GetString() ?? "" : "");

    private RucioSession At(AttemptAt at) => at == AttemptAt.Admin ? _admin : _public;
}
