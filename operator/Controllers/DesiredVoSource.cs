using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>What a VirtualOrganisation asks for, put together from its spec, its instance's grants, and Secrets found or made.</summary>
internal sealed class DesiredVoSource(VoWork work)
{
    private VoParts Parts => work.Parts;
    private VirtualOrganisation Vo => work.Vo;
    private RucioInstance Instance => work.Instance;
    private string Tag => Vo.Spec.Tag;

    /// <summary>Credentials are made once the tag is ours, so that a loser of the race never gets one.</summary>
    public async Task<DesiredVo> ReadAsync(ObservedVo observed, CancellationToken ct)
    {
        var granted = Tenancy.Grants(Instance, Vo);
        var claimed = observed.Claim == work.Claimant && (work.Connection.Reach == VoReach.Catalogue || granted);
        var root = await RootAsync(claimed, observed, ct);
        var problems = new List<Problem>();
        var logins = claimed ? await new VoLogins(Parts, Vo, CredentialAsync, work.MayAct).AllAsync(Instance, work.Connection, observed, problems, ct) : [];
        var members = claimed ? await Parts.Members.OfAsync(Vo, Instance, observed, ct) : null;
        var desired = new DesiredVo(Vo.Spec, work.Claimant, granted, ClaimantIsGone(observed.Claim), TenantPolicyPackage.Name, root.Username, root.Password, logins.ToDictionary(l => l.Account, l => l.Password))
        {
            RootAccount = root.Account,
            NextRoot = work.RootLogin?.Next is { } next ? new(next.Username, next.Password) : null,
            FormerLongName = Vo.Status?.LongName,
            Accounts = [.. Vo.Spec.Accounts ?? [], .. members?.Accounts ?? []],
            Held = members?.Held ?? new HashSet<string>(),
            Membership = members,
            Reach = work.Connection.Reach,
            Problems = [.. problems, .. NoTransmogrifier()],
            Identities = logins.ToDictionary(l => l.Account, l => l.Username),
            Issuers = Instance.Spec.External is null ? [.. (Instance.Spec.Oidc?.Issuers ?? []).Select(i => new TokenIssuer(i.Name, i.Url))] : null,
            SlashNames = Instance.Spec.External is { LegacyDn: true },
            Shared = new SharedIdentities(Instance.Spec.Tenancy?.SharedIdentities ?? []),
        };
        return Membership.LeaveTaken(desired with { Taken = work.Connection.TakenElsewhere(Tag, desired.Accounts.SelectMany(a => WantedIdentities.Of(a, desired, [])).ToHashSet(), desired.Shared) }, observed);
    }

    private IEnumerable<Problem> NoTransmogrifier() =>
        Vo.Spec.Subscriptions is { Count: > 0 } && Instance.Spec.External is null && ReleaseCatalogue.Find(Instance.Spec.Version).Release is { } release
            && !DaemonWorkload.Of(Instance.Spec, release).Any(d => d is { Daemon: "transmogrifier", Replicas: > 0 })
            ? [new(VoConditions.SubscriptionsReady, VoPlan.NoTransmogrifier, "spec.subscriptions: nobody carries them out: the RucioInstance runs no transmogrifier; its platform engineer sets spec.daemons.profile to Standard")]
            : [];

    public async Task<VoLook> LookAsync(CancellationToken ct) => new(Tag)
    {
        Root = work.Connection is ExternalConnection ? await OpenerAsync(ct) : null,
        Accounts = [.. (Vo.Spec.Accounts ?? []).Select(a => a.Name)],
        Totals = (Vo.Spec.Accounts ?? []).ToDictionary(a => a.Name, a => (IReadOnlyList<string>)[.. (a.Quotas ?? []).Where(q => q.Total is not null).Select(q => q.RseExpression)], StringComparer.Ordinal),
    };

    /// <summary>Null: nothing opens the VO yet, or nobody said that it may be opened.</summary>
    private async Task<RucioCredential?> OpenerAsync(CancellationToken ct)
    {
        if (!Tenancy.Grants(Instance, Vo))
        {
            return null;
        }
        return await RootCredentials.GivenAsync(Instance, work.Connection, Tag, Parts.References, ct)
            ?? (await Parts.Secrets.FindAsync(RootSecret, ct) is { } secret ? new RucioCredential(secret["username"], secret["password"], "root", Tag) : null);
    }

    private async Task<RucioCredential> RootAsync(bool claimed, ObservedVo observed, CancellationToken ct)
    {
        if (!claimed)
        {
            return new("", "", "root", Tag);
        }
        if (await RootCredentials.GivenAsync(Instance, work.Connection, Tag, Parts.References, ct) is { } given)
        {
            return given;
        }
        var login = RootLogin.Of(await CredentialAsync(RootSecret, GeneratedSecrets.LabelsOf(Instance.Metadata.Name), random => RootLogin.First(Instance, NewRoot(random), random(32), Parts.Time.GetUtcNow()), ct));
        login = work.RootLogin = work.MayAct && Opens(login.Username, login.Password, observed) ? await RotatedAsync(login, observed, ct) : login;
        return new(login.Username, login.Password, "root", Tag);
    }

    /// <summary>One step further, where a rotation is due or under way: the plan maps the next login, and here it is tried and taken.</summary>
    private async Task<RootLogin> RotatedAsync(RootLogin login, ObservedVo observed, CancellationToken ct)
    {
        var logins = new RootLogins(Parts.Secrets, Parts.Time);
        if (login.IsDue(Instance, Parts.Time.GetUtcNow()))
        {
            login = await logins.BeginAsync(RootSecret, Instance, NewRoot, ct);
        }
        if (login.Next is not { } next || !Opens(next.Username, next.Password, observed))
        {
            return login;
        }
        await work.Connection.TryLoginAsync(new RucioCredential(next.Username, next.Password, "root", Tag), Parts.Time, ct);
        work.RetiredRoot = login.Username;
        login = await logins.FinishAsync(RootSecret, login, ct);
        await Parts.Events.NormalAsync(Vo, "RootCredentialRotated", "Rotate", $"The operator opens root of VO {Tag} with a new login; the one before is dead", ct);
        return login;
    }

    private string NewRoot(Func<int, string> random) => RootCredentials.NewUsername(Tag, random);

    private bool Opens(string identity, string password, ObservedVo observed) =>
        observed.Accounts.GetValueOrDefault("root")?.Identities.Any(i => i.Type == "USERPASS" && i.Identity == identity) == true
        && (work.Connection.Reach != VoReach.Catalogue || observed.Passwords.GetValueOrDefault(identity)?.Matches(password) == true);

    private ObjectKey RootSecret => RootCredentials.SecretOf(Instance, Tag);

    /// <summary>Where nothing may be changed, none is made: the plan tells as much without its value.</summary>
    private async Task<IReadOnlyDictionary<string, string>> CredentialAsync(ObjectKey key, IReadOnlyDictionary<string, string> labels, Func<Func<int, string>, IReadOnlyDictionary<string, string>> make, CancellationToken ct) =>
        work.MayAct
            ? await Parts.Secrets.EnsureAsync(key, labels, make, ct)
            : await Parts.Secrets.FindAsync(key, ct) ?? make(_ => "");

    /// <summary>Where others keep the claims too, only the same namespace's can be known to be gone: elsewhere another cluster's may live.</summary>
    private bool ClaimantIsGone(string? claim)
    {
        if (claim is null || claim == work.Claimant || claim.Split('/') is not [var ns, var name])
        {
            return false;
        }
        if (ns != Vo.Metadata.NamespaceProperty && !(work.Connection.Reach == VoReach.Catalogue && Tenancy.GrantsByName(Instance, Vo) && Parts.Tenancy.Sees(ns)))
        {
            return false;
        }
        var other = Parts.Vos.Store.Get(new ObjectKey(ns, name));
        return other is null || Indexes.TagOf(other) != Indexes.TagOf(Vo);
    }
}
