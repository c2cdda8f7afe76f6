using RucioOperator.Runtime;

namespace RucioOperator.Observed.Scim;

/// <summary>One issuer of one instance: reads again and again while it is asked for.</summary>
internal sealed class ScimFollower(TimeProvider time, Func<ScimSource, Task<ScimPeople>> read, Action changed, Action<ScimFollower> ended)
{
    /// <summary>Passes come with every drift interval; one who has not asked for that long is gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(45);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(15);

    private readonly Lock guard = new();
    private readonly Dictionary<ObjectKey, (TimeSpan Interval, long At)> askers = [];
    private ScimSource? source;
    private TaskCompletionSource poke = New();
    private ScimPeople? people;
    private ScimFailure? failure;
    private long failingSince;
    private int failures;
    private bool running;
    private bool over;

    /// <summary>Null: this follower has just ended; ask a new one.</summary>
    public ScimLook? Ask(ScimSource at, ObjectKey asker, TimeSpan interval, bool now)
    {
        lock (guard)
        {
            if (over)
            {
                return null;
            }
            askers[asker] = (interval, time.GetTimestamp());
            if (source is not null && source != at)
            {
                // Another client or address: what the former gave is not to be trusted for it.
                if (source.Issuer != at.Issuer || source.Url != at.Url)
                {
                    people = null;
                }
                now = true;
            }
            source = at;
            if (!running)
            {
                running = true;
                _ = Task.Run(FollowAsync);
            }
            else if (now)
            {
                poke.TrySetResult();
            }
            return new(people, failure, failure is null ? TimeSpan.Zero : time.GetElapsedTime(failingSince));
        }
    }

    private async Task FollowAsync()
    {
        while (true)
        {
            ScimSource at;
            lock (guard)
            {
                (at, poke) = (source!, New());
            }
            var news = Take(at, await TryAsync(at));
            if (news)
            {
                changed();
            }
            Task poked;
            TimeSpan wait;
            lock (guard)
            {
                (poked, wait) = (poke.Task, Wait());
            }
            using var stop = new CancellationTokenSource();
            await Task.WhenAny(poked, Task.Delay(wait, time, stop.Token));
            await stop.CancelAsync();
            lock (guard)
            {
                foreach (var (asker, (_, last)) in askers.ToList())
                {
                    if (time.GetElapsedTime(last) > Patience)
                    {
                        askers.Remove(asker);
                    }
                }
                if (askers.Count == 0)
                {
                    over = true;
                    break;
                }
            }
        }
        ended(this);
    }

    private async Task<(ScimPeople? People, ScimFailure? Failure)> TryAsync(ScimSource at)
    {
        try
        {
            return (await read(at), null);
        }
        catch (ScimFailure error)
        {
            return (null, error);
        }
        catch (Exception error)
        {
            return (null, new ScimFailure(ScimFailure.ScimFailed, $"{at.Url}: {error.GetType().Name}"));
        }
    }

    /// <returns>Whether anybody should know.</returns>
    private bool Take(ScimSource at, (ScimPeople? People, ScimFailure? Failure) result)
    {
        lock (guard)
        {
            if (at != source)
            {
                return false;
            }
            var (before, broken) = (people, failure);
            failure = result.Failure;
            if (failure is not null)
            {
                failingSince = broken is null ? time.GetTimestamp() : failingSince;
                failures++;
                return broken is null || broken.Message != failure.Message;
            }
            failures = 0;
            people = result.People;
            return broken is not null || before?.Digest != people!.Digest;
        }
    }

    private TimeSpan Wait()
    {
        var interval = askers.Values.Select(a => a.Interval).Order().First();
        if (failure is null)
        {
            return interval;
        }
        var wait = FirstRetry * Math.Pow(2, Math.Min(failures - 1, 10));
        wait = wait < interval ? wait : interval;
        return failure.RetryAfter is { } asked && asked > wait ? asked : wait;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
