namespace RucioOperator.Planning;

public enum RenewalAct { Rest, MakeProxy, Look, Delegate }

/// <summary>What is next, and when. A time that is over means now.</summary>
public sealed record RenewalStep(RenewalAct Act, DateTimeOffset At)
{
    /// <summary>Until something else changes.</summary>
    public static RenewalStep Rest { get; } = new(RenewalAct.Rest, DateTimeOffset.MaxValue);
}

/// <summary>What is wanted of one holder's proxies.</summary>
/// <param name="Basis">What they are made from: the credential, and attributes asked for. Another basis means another proxy.</param>
/// <param name="CredentialNotAfter">No proxy lives longer.</param>
/// <param name="Spread">0 to 1, another for each holder: those that began together don't stay together.</param>
public sealed record RenewalTerms(string Basis, DateTimeOffset CredentialNotAfter, TimeSpan Lifetime, TimeSpan RenewBefore, double Spread);

public sealed record KnownProxy(string Basis, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

/// <summary>What one FTS server is known to hold.</summary>
/// <param name="LookedAt">Null: never.</param>
/// <param name="MadeFrom">Basis of the proxy that it was delegated with; null: there before us.</param>
/// <param name="NotAfter">Null: it holds nothing.</param>
public sealed record KnownDelegation(DateTimeOffset? LookedAt, string? MadeFrom, DateTimeOffset? NotAfter);

/// <summary>Of one step, in a row.</summary>
public sealed record Failures(int Count, DateTimeOffset LastAt)
{
    public static Failures None { get; } = new(0, default);

    public Failures Next(DateTimeOffset now) => new(Count + 1, now);
}

/// <summary>Pure: when proxies are made anew and delegated. Ordered rules, the first that fits wins.</summary>
public static class Renewal
{
    /// <summary>FTS answers 419 to a submission when less is left (fts-rest, controllers/jobs).</summary>
    public static readonly TimeSpan FtsLimit = TimeSpan.FromHours(1);

    /// <summary>With less left, a renewal that fails is no longer only warned of.</summary>
    public static readonly TimeSpan Alarm = TimeSpan.FromHours(2);

    /// <summary>Somebody else may have taken a delegation away, or put another in its place.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromHours(1);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1), LastRetry = TimeSpan.FromMinutes(30);

    /// <summary>Ends are in whole seconds, and clocks differ a little.</summary>
    private static readonly TimeSpan Same = TimeSpan.FromMinutes(1);

    public static RenewalStep Proxy(RenewalTerms terms, KnownProxy? proxy, Failures failures, DateTimeOffset now)
    {
        if (terms.CredentialNotAfter <= now)
        {
            return RenewalStep.Rest;
        }
        if (proxy is null || proxy.Basis != terms.Basis || proxy.NotAfter <= now)
        {
            return Then(RenewalAct.MakeProxy, now, failures);
        }
        // A new one would end at the same time.
        return EndsWith(proxy, terms) ? RenewalStep.Rest : Then(RenewalAct.MakeProxy, proxy.NotAfter - Early(terms, proxy), failures);
    }

    public static RenewalStep Delegation(RenewalTerms terms, KnownProxy? proxy, KnownDelegation known, Failures failures, DateTimeOffset now)
    {
        if (proxy is null || proxy.NotAfter <= now)
        {
            return RenewalStep.Rest;
        }
        if (known.LookedAt is not { } looked)
        {
            return Then(RenewalAct.Look, now, failures);
        }
        if (known.NotAfter is not { } until || until <= now)
        {
            return Then(RenewalAct.Delegate, now, failures);
        }
        // The certificate that it was made with may be revoked. What is about to end is no replacement for what is not.
        if (known.MadeFrom is { } from && from != proxy.Basis && (proxy.NotAfter >= until || proxy.NotAfter - now > Alarm))
        {
            return Then(RenewalAct.Delegate, now, failures);
        }
        var look = looked + LookEvery * (0.9 + 0.2 * terms.Spread);
        var renew = proxy.NotAfter - until > Same ? until - Early(terms, proxy) : DateTimeOffset.MaxValue;
        return renew <= look ? Then(RenewalAct.Delegate, renew, failures) : Then(RenewalAct.Look, look, failures);
    }

    public static bool EndsWith(KnownProxy proxy, RenewalTerms terms) => terms.CredentialNotAfter - proxy.NotAfter <= Same;

    /// <summary>After the n-th failure in a row: a minute, doubling to half an hour.</summary>
    public static TimeSpan RetryAfter(int failures)
    {
        var wait = FirstRetry * Math.Pow(2, Math.Min(failures - 1, 10));
        return wait < LastRetry ? wait : LastRetry;
    }

    /// <summary>Servers may give less than is asked for (VOMS: often 12 h): then half of what it really lives, so that there is time for an outage.</summary>
    private static TimeSpan Early(RenewalTerms terms, KnownProxy proxy)
    {
        var half = (proxy.NotAfter - proxy.NotBefore) / 2;
        var before = terms.RenewBefore < half ? terms.RenewBefore : half;
        return before * (1 + 0.1 * terms.Spread);
    }

    private static RenewalStep Then(RenewalAct act, DateTimeOffset at, Failures failures)
    {
        var retry = failures.Count == 0 ? DateTimeOffset.MinValue : failures.LastAt + RetryAfter(failures.Count);
        return new(act, retry > at ? retry : at);
    }
}
