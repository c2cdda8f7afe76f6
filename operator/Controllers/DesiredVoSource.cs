using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
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
        var root = await RootAsync(claimed, ct);
        var problems = new List<Problem>();
        var logins = claimed ? await new VoLogins(Parts, Vo, CredentialAsync, work.MayAct).AllAsync(Instance, work.Connection, observed, problems, ct) : [];
        return new DesiredVo(Vo.Spec, work.Claimant, granted, ClaimantIsGone(observed.Claim), TenantPolicyPackage.Name, root.Username, root.Password, logins.ToDictionary(l => l.Account, l => l.Password))
        {
            RootAccount = root.Account,
            Reach = work.Connection.Reach,
            Problems = problems,
            Identities = logins.ToDictionary(l => l.Account, l => l.Username),
        };
    }

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

    private async Task<RucioCredential> RootAsync(bool claimed, CancellationToken ct)
    {
        if (!claimed)
        {
            return new("", "", "root", Tag);
        }
        if (await RootCredentials.GivenAsync(Instance, work.Connection, Tag, Parts.References, ct) is { } given)
        {
            return given;
        }
        var secret = await CredentialAsync(RootSecret, GeneratedSecrets.LabelsOf(Instance.Metadata.Name), random => new Dictionary<string, string>
        {
            ["username"] = $"operator-{random(8).ToLowerInvariant()}@{Tag}",
            ["password"] = random(32),
        }, ct);
        return new(secret["username"], secret["password"], "root", Tag);
    }

    private ObjectKey RootSecret
    {
        get
        {
            var names = new InstanceNames(Instance.Metadata.NamespaceProperty, Instance.Metadata.Name);
            return new ObjectKey(names.Namespace, names.VoRoot(Tag));
        }
    }

    /// <summary>Where nothing may be changed, none is made: the plan tells as much without its value.</summary>
    private async Task<IReadOnlyDictionary<string, string>> CredentialAsync(ObjectKey key, IReadOnlyDictionary<string, string> labels, Func<Func<int, string>, IReadOnlyDictionary<string, string>> make, CancellationToken ct) =>
        work.MayAct
            ? await Parts.Secrets.EnsureAsync(key, labels, make, ct)
            : await Parts.Secrets.FindAsync(key, ct) ?? make(_ => "");

    private bool ClaimantIsGone(string? claim)
    {
        var ns = Vo.Metadata.NamespaceProperty;
        if (claim is null || claim == work.Claimant || !claim.StartsWith($"{ns}/", StringComparison.Ordinal))
        {
            return false;
        }
        var other = Parts.Vos.Store.Get(new ObjectKey(ns, claim[(ns.Length + 1)..]));
        return other is null || other.Spec.Tag != Tag;
    }
}
