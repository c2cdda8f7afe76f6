using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>
/// Replaces the operator's logins on root accounts, in two writes of one Secret: first it names the next login beside the
/// one in use, then, when that one works, it names that one alone. Killed at any place, the Secret says how far it came.
/// </summary>
public sealed class RootLogins(GeneratedSecrets secrets, TimeProvider time)
{
    /// <summary>Nobody knows the next login before it is in the Secret, so a kill loses nothing.</summary>
    /// <param name="name">Of the next login, from a source of random text; over REST a name that is there keeps its password.</param>
    public Task<RootLogin> BeginAsync(ObjectKey key, RucioInstance instance, Func<Func<int, string>, string> name, CancellationToken ct) => ChangeAsync(key, login => !login.IsDue(instance, time.GetUtcNow()) ? null : new()
    {
        [RootLogin.NextUsernameKey] = name(secrets.Random),
        [RootLogin.NextPasswordKey] = secrets.Random(32),
        [RootLogin.NextTokenKey] = RootLogin.Wanted(instance),
    }, ct);

    /// <summary>The next login has been tried.</summary>
    public Task<RootLogin> FinishAsync(ObjectKey key, RootLogin tried, CancellationToken ct) => ChangeAsync(key, (login, token) => login.Next is not { } next || next != tried.Next ? null : new()
    {
        ["username"] = next.Username,
        ["password"] = next.Password,
        [RootLogin.TokenKey] = token,
        [RootLogin.MadeKey] = RootLogin.Text(time.GetUtcNow()),
        [RootLogin.NextUsernameKey] = null,
        [RootLogin.NextPasswordKey] = null,
        [RootLogin.NextTokenKey] = null,
    }, ct);

    private Task<RootLogin> ChangeAsync(ObjectKey key, Func<RootLogin, Dictionary<string, string?>?> changes, CancellationToken ct) => ChangeAsync(key, (login, _) => changes(login), ct);

    /// <summary>As the Secret is now, not as the watch last told: somebody else may have come here before.</summary>
    private async Task<RootLogin> ChangeAsync(ObjectKey key, Func<RootLogin, string?, Dictionary<string, string?>?> changes, CancellationToken ct)
    {
        var (live, entries) = await secrets.LookAsync(key, ct) ?? throw new Observed.SecretProblem("SecretNotFound", $"Secret {key} came and went");
        var login = RootLogin.Of(entries);
        return changes(login, entries.GetValueOrDefault(RootLogin.NextTokenKey)) is { } wanted ? RootLogin.Of(await secrets.ChangeAsync(live, wanted, ct)) : login;
    }
}
