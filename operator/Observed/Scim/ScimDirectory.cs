using System.Collections.Concurrent;
using RucioOperator.Runtime;

namespace RucioOperator.Observed.Scim;

/// <summary>What is known of an issuer's people now.</summary>
/// <param name="People">Null: never read since the start. Stays when later reads fail.</param>
/// <param name="Failure">Of the last read; null: it went well, or there was none.</param>
/// <param name="FailingFor">Since the first of the failures in a row.</param>
public sealed record ScimLook(ScimPeople? People, ScimFailure? Failure, TimeSpan FailingFor);

/// <summary>
/// Follows issuers beside the loops: a pass asks for what is known and never waits for a server. An issuer is read for as
/// long as somebody asks, at the shortest interval asked for; who lives by it is woken only when something is different.
/// </summary>
public sealed class ScimDirectory(ScimClient client, TimeProvider time)
{
    /// <summary>A whole read of a large community takes a minute or two.</summary>
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(ObjectKey Instance, string Issuer), ScimFollower> followers = [];

    /// <summary>Of an instance: another picture, the first one, or the first failure.</summary>
    public event Action<ObjectKey>? Changed;

    /// <param name="asker">Who asks; its interval counts until it asks again.</param>
    /// <param name="now">Read now, whenever the last time was.</param>
    public ScimLook Look(ObjectKey instance, ScimSource source, ObjectKey asker, TimeSpan interval, bool now = false)
    {
        while (true)
        {
            var follower = followers.GetOrAdd((instance, source.Name), key => new ScimFollower(time, ReadAsync, () => Changed?.Invoke(key.Instance), f => followers.TryRemove(new(key, f))));
            if (follower.Ask(source, asker, interval, now) is { } look)
            {
                return look;
            }
        }
    }

    private async Task<ScimPeople> ReadAsync(ScimSource source)
    {
        using var limit = new CancellationTokenSource(ReadTimeout, time);
        try
        {
            return await client.ReadAsync(source, limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new ScimFailure(ScimFailure.ScimUnreachable, $"{source.Url}: not read to its end within {ReadTimeout.TotalMinutes:0} min");
        }
    }
}
