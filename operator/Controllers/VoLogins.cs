using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>Finds or makes the Secret of a generated credential; where nothing may be changed, none is made.</summary>
internal delegate Task<IReadOnlyDictionary<string, string>> EnsureCredential(ObjectKey key, IReadOnlyDictionary<string, string> labels, Func<Func<int, string>, IReadOnlyDictionary<string, string>> make, CancellationToken ct);

/// <summary>
/// User names and passwords of a VO's accounts. With the catalogue at hand the name is always the same and its password
/// follows the Secret. Over REST a password can't be changed: another one comes with another name, which the Secret
/// <c>&lt;vo&gt;-&lt;account&gt;-login</c> tells.
/// </summary>
/// <param name="mayAct">No dry run, no ObserveOnly.</param>
internal sealed class VoLogins(VoParts parts, VirtualOrganisation vo, EnsureCredential ensure, bool mayAct)
{
    public const string NameTaken = nameof(NameTaken);

    private const int SuffixLength = 8;

    /// <summary>Entry of a generated Secret: the token that asked for its password.</summary>
    private const string RotationEntry = "rotation";

    private string Namespace => vo.Metadata.NamespaceProperty;

    /// <param name="problems">Of accounts whose Secret is not as it must be; their logins stay as they are.</param>
    public async Task<IReadOnlyList<(string Account, string Username, string Password)>> AllAsync(RucioInstance instance, RucioConnection connection, ObservedVo observed, List<Problem> problems, CancellationToken ct)
    {
        var logins = new List<(string, string, string)>();
        foreach (var (account, identity) in UserpassLogin.Of(vo.Spec))
        {
            try
            {
                var (username, password) = connection is ExternalConnection external
                    ? await OverRestAsync(account, identity, instance, external, observed, ct)
                    : (DesiredVo.IdentityOf(account.Name, vo.Spec.Tag), await PasswordAsync(account, identity, instance, ct));
                logins.Add((account.Name, username, password));
            }
            catch (SecretProblem problem)
            {
                problems.Add(new Problem(VoConditions.AccountsReady, problem.Reason, problem.Message));
            }
        }
        return logins;
    }

    private async Task<string> PasswordAsync(AccountSpec account, IdentitySpec identity, RucioInstance instance, CancellationToken ct) =>
        identity.SecretRef is not null ? await GivenAsync(account, identity, ct) : (await SecretAsync(account, instance, DesiredVo.IdentityOf(account.Name, vo.Spec.Tag), withPassword: true, ct))["password"];

    /// <summary>Value of the annotation that asks for new passwords.</summary>
    public static string? Rotation(VirtualOrganisation vo) => vo.Metadata.Annotations is { } annotations && annotations.TryGetValue(ApiGroup.RotateLoginsAnnotation, out var token) ? token : null;

    /// <summary>What the operator calls its own among the Secrets of a tenant.</summary>
    public static Dictionary<string, string> LabelsOf(RucioInstance instance, string tag) => new(Labels.Of(instance.Metadata.Name, "login")) { [Labels.Tag] = tag };

    private async Task<(string Username, string Password)> OverRestAsync(AccountSpec account, IdentitySpec identity, RucioInstance instance, ExternalConnection connection, ObservedVo observed, CancellationToken ct)
    {
        var given = identity.SecretRef is null ? null : await GivenAsync(account, identity, ct);
        var secret = await SecretAsync(account, instance, username: null, withPassword: given is null, ct);
        var (username, password) = (secret["username"], given ?? secret["password"]);
        var isMapped = observed.Accounts.GetValueOrDefault(account.Name) is { Status: "ACTIVE" } have && have.Identities.Any(i => i.Type == "USERPASS" && i.Identity == username);
        if (mayAct && isMapped && !await connection.OpensAsync(new RucioCredential(username, password, account.Name, vo.Spec.Tag), ct))
        {
            // Another password than the one the name was made with.
            var live = await parts.Secrets.LookAsync(LoginOf(account), ct) ?? throw new SecretProblem("SecretNotFound", $"Secret {LoginOf(account)} came and went");
            secret = await parts.Secrets.ChangeAsync(live.Secret, new Dictionary<string, string?>
            {
                ["username"] = NewName(account, parts.Secrets.Random),
                ["password"] = given is null ? parts.Secrets.Random(32) : null,
            }, ct);
            (username, password) = (secret["username"], given ?? secret["password"]);
        }
        return (username, password);
    }

    /// <summary>Whoever may write the resource need not be allowed to read Secrets: those with which the operator rules are nobody's password.</summary>
    private Task<string> GivenAsync(AccountSpec account, IdentitySpec identity, CancellationToken ct)
    {
        var (key, field) = (new ObjectKey(Namespace, identity.SecretRef!.Name), $"spec.accounts[{account.Name}].identities.secretRef");
        return parts.References.Label(key, Labels.ManagedBy) == Labels.Operator && parts.References.Label(key, Labels.Component) is not null and not "login"
            ? throw new SecretProblem("SecretReserved", $"{field}: Secret {key} is the operator's own; name one of yours")
            : parts.References.RequireAsync(key, "password", field, ct);
    }

    private async Task<IReadOnlyDictionary<string, string>> SecretAsync(AccountSpec account, RucioInstance instance, string? username, bool withPassword, CancellationToken ct)
    {
        var (key, token) = (LoginOf(account), Rotation(vo));
        var secret = await ensure(key, LabelsOf(instance, vo.Spec.Tag), random => Login(account, username ?? NewName(account, random), withPassword ? random(32) : null), ct);
        // Another VO of this namespace, or its owner, may have had the name before.
        if (secret.GetValueOrDefault("account") != account.Name || secret.GetValueOrDefault("vo") != vo.Spec.Tag)
        {
            throw new SecretProblem(NameTaken, $"Secret {key} exists and is no login of account {account.Name}: remove it, or name an existing Secret in spec.accounts[{account.Name}].identities.secretRef");
        }
        if (!secret.ContainsKey("username") || withPassword && !secret.ContainsKey("password"))
        {
            throw new SecretProblem("SecretKeyMissing", $"Secret {key} has no key {(secret.ContainsKey("username") ? "password" : "username")}: delete it, and another one is made");
        }
        return withPassword && mayAct && token is not null && secret.GetValueOrDefault(RotationEntry) != token ? await RotateAsync(account, key, username, token, ct) : secret;
    }

    /// <summary>The Secret first, and once: a killed operator finds the token in it.</summary>
    private async Task<IReadOnlyDictionary<string, string>> RotateAsync(AccountSpec account, ObjectKey key, string? username, string token, CancellationToken ct)
    {
        var live = await parts.Secrets.LookAsync(key, ct) ?? throw new SecretProblem("SecretNotFound", $"Secret {key} came and went");
        return await parts.Secrets.ChangeAsync(live.Secret, new Dictionary<string, string?>
        {
            ["username"] = username ?? NewName(account, parts.Secrets.Random),
            ["password"] = parts.Secrets.Random(32),
            [RotationEntry] = token,
        }, ct);
    }

    private Dictionary<string, string> Login(AccountSpec account, string username, string? password)
    {
        var login = new Dictionary<string, string> { ["username"] = username, ["account"] = account.Name, ["vo"] = vo.Spec.Tag };
        if (password is not null)
        {
            login["password"] = password;
            if (Rotation(vo) is { } token)
            {
                login[RotationEntry] = token;
            }
        }
        return login;
    }

    private string NewName(AccountSpec account, Func<int, string> random) => DesiredVo.NewIdentityOf(account.Name, vo.Spec.Tag, random(SuffixLength));

    private ObjectKey LoginOf(AccountSpec account) => new(Namespace, LoginNames.Secret(vo.Metadata.Name, account.Name));
}
