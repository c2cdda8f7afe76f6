using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Gathers all that the desired objects depend on.</summary>
internal static class InputsStage
{
    public const string OperatorIdentity = "rucio-operator-";

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        work.Inputs = new InstanceInputs(work.Instance, work.Release, work.Connection.Access, await SuperRootAsync(work, ct), await AdminCertificateAsync(work, ct), VoTags(work))
        {
            VoNames = Holders(work).Where(v => v.Status!.LongName is { } name && HasName(work, v.Spec.Tag, name)).DistinctBy(v => v.Spec.Tag).ToDictionary(v => v.Spec.Tag, v => v.Status!.LongName!),
            Phase = work.Phase,
            Move = work.Phase.IsUpgrade() ? new CatalogueMove(work.Snapshot!.AlembicRevision!, work.Release.AlembicHead) : null,
            Previous = work.Instance.Status?.Version is { } ran && ReleaseCatalogue.Find(ran).Release is { } release ? new RunningRelease(ran, release) : null,
            PostgresMajor = work.Connection.PostgresMajor,
            Kinds = work.Kinds,
            Secrets = await SecretsAsync(work, ct),
            OidcClients = work.OidcClients,
            OperatorNamespace = work.Parts.OperatorNamespace,
            Trust = work.Trust,
            ClientAuthorities = await TlsSecrets.AuthoritiesAsync(work, ct),
            PolicyPackages = work.PolicyPackages,
            PolicyCandidates = work.PolicyCandidates,
            SelectedPackages = PolicyStage.Selected(work),
            AuthMayBeExposed = X509Stage.MayBeExposed(work),
        };
        return null;
    }

    /// <exception cref="SecretProblem">One of them, or its key, is missing: the field is named.</exception>
    private static async Task<IReadOnlyDictionary<(string, string), string>> SecretsAsync(InstanceWork work, CancellationToken ct)
    {
        var texts = new Dictionary<(string, string), string>();
        foreach (var (field, secret, key) in InstanceSecrets.Of(work.Instance.Spec))
        {
            texts[(secret, key)] = await work.Parts.References.RequireAsync(new ObjectKey(work.Names.Namespace, secret), key, field, ct);
        }
        return texts;
    }

    private static async Task<DatabaseLogin> SuperRootAsync(InstanceWork work, CancellationToken ct)
    {
        var secret = await work.SecretAsync(work.Names.SuperRoot, random => RootLogin.First(work.Instance, NewSuperRoot(random), random(32), work.Now), ct);
        work.SuperRoot = RootLogin.Of(secret);
        return new DatabaseLogin(work.SuperRoot.Username, work.SuperRoot.Password);
    }

    public static string NewSuperRoot(Func<int, string> random) => $"{OperatorIdentity}{random(8).ToLowerInvariant()}";

    private static async Task<ServerCertificate> AdminCertificateAsync(InstanceWork work, CancellationToken ct)
    {
        var secret = await work.SecretAsync(work.Names.AdminTls, _ =>
        {
            var made = SelfSigned.For(work.Names.AdminHost, work.Now);
            return new Dictionary<string, string> { ["tls.crt"] = made.Certificate, ["tls.key"] = made.Key };
        }, ct);
        return new ServerCertificate(secret["tls.crt"], secret["tls.key"]);
    }

    private static IReadOnlyList<string> VoTags(InstanceWork work) => [.. Holders(work).Select(v => v.Spec.Tag).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>A status is only what somebody wrote there: the catalogue, where it has been read, says whose a tag is.</summary>
    public static IEnumerable<VirtualOrganisation> Holders(InstanceWork work) =>
        work.Vos.Where(v => SaysItHolds(v) && (work.Snapshot is not { Vos.Count: > 0 } snapshot || snapshot.Vo(v.Spec.Tag).Claim == ObjectKey.Of(v).ToString()));

    public static bool SaysItHolds(VirtualOrganisation vo) => vo.Status?.Tag == vo.Spec.Tag && Forms.VoTag().IsMatch(vo.Spec.Tag);

    private static bool HasName(InstanceWork work, string tag, string name) =>
        Forms.VoLongName().IsMatch(name) && (work.Snapshot is not { Vos.Count: > 0 } snapshot || snapshot.Vo(tag).LongNames.GetValueOrDefault(name) == tag);
}
