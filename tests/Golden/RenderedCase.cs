using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Runtime;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Desired;

namespace RucioOperator.Tests.Golden;

/// <summary>An instance of a sample, or of <c>tests/Golden/modes</c>, and everything that is made for it.</summary>
/// <param name="OwnCredentials">Tags of the VOs that bring one.</param>
public sealed record RenderedCase(string Name, RucioInstance Instance, IReadOnlyList<string> VoTags, IReadOnlyList<string> OwnCredentials, InstancePhase Phase = InstancePhase.Running)
{
    public override string ToString() => Name;

    /// <summary>Each sample, each mode, and one of them before its catalogue is there.</summary>
    public static IReadOnlyList<RenderedCase> All { get; } =
    [
        .. Directory.GetDirectories(Repository.Path("samples")).Order(StringComparer.Ordinal).SelectMany(folder => Of(Path.GetFileName(folder), Directory.GetFiles(folder, "*.yaml"))),
        .. Directory.GetFiles(Repository.Path("tests", "Golden", "modes"), "*.yaml").Order(StringComparer.Ordinal).SelectMany(file => Of(Path.GetFileNameWithoutExtension(file), file)),
        .. from one in Of("quickstart", Directory.GetFiles(Repository.Path("samples", "quickstart"), "*.yaml"))
           from phase in (InstancePhase[])[InstancePhase.Bootstrap, InstancePhase.Migrate, InstancePhase.Hibernated]
           select one with { Name = $"quickstart-{phase.ToString().ToLowerInvariant()}", Phase = phase },
    ];

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects()
    {
        var proxies = OwnCredentials.ToDictionary(tag => tag, tag => new VoProxy($"(namespace)/{tag}", $"(PEM of the proxy of {tag})"));
        var inputs = Inputs.Of(Instance) with
        {
            Proxies = new(Instance.Spec.Transfers?.CredentialSecretRef is null ? null : "(PEM of the default proxy)", proxies),
            Reapers = ReaperShares.Of([("def", false), .. VoTags.Select(tag => (tag, true))], proxies),
            VoTags = VoTags,
            Phase = Phase,
            Move = Phase.IsUpgrade() ? new CatalogueMove("a62db546a1f1", "3b943000da18") : null,
            Trust = Instance.Spec.Trust is null ? Trusted.Nothing : new(new Dictionary<string, string> { ["0a1b2c3d.0"] = "(PEM of an authority)" }, new Dictionary<string, string> { ["4e5f6a7b.0"] = "(PEM of the operator's own)" }, "(PEM of an authority)", Revocation: false),
            AuthMayBeExposed = true,
            PolicyPackages = [.. (Instance.Spec.PolicyPackages ?? []).Select(p => PolicyPackage.Of(p, p.Image is null ? new Dictionary<string, string> { ["permission.py"] = "(of the package)" } : null) with { CheckedAs = "(fingerprint)" })],
            PolicyCandidates = [.. (Instance.Spec.PolicyPackages ?? []).Where(p => p.Image is not null).Select(p => PolicyPackage.Of(p, null))],
            SelectedPackages = (Instance.Spec.PolicyPackages ?? []).Take(1).ToDictionary(_ => VoTags[0], p => p.Name),
            OidcClients = [.. (Instance.Spec.Oidc?.Issuers ?? []).Select(issuer => new OidcClient(issuer.Name, issuer.Url, "(client-id)", "(client-secret)", "(client-id)", "(client-secret)"))],
            Secrets = InstanceSecrets.Of(Instance.Spec).Select(s => (s.Secret, s.Key)).Distinct().ToDictionary(s => s, s => $"({s.Key} of Secret {s.Secret})"),
        };
        return [.. DatabaseServer.Objects(Instance, inputs.Kinds), .. DesiredInstance.Objects(inputs)];
    }

    private static IEnumerable<RenderedCase> Of(string name, params string[] files)
    {
        var documents = files.Order(StringComparer.Ordinal).SelectMany(file => Yaml.Parse(File.ReadAllText(file))).ToList();
        var vos = documents.Where(d => d.Text("kind") == VirtualOrganisation.KubeKind).ToList();
        var tags = vos.Select(d => d.Text("spec", "tag")!).ToList();
        var own = vos.Where(d => d.At("spec", "transfers", "credentialSecretRef") is not null).Select(d => d.Text("spec", "tag")!).ToList();
        // An instance that is elsewhere has nothing made for it.
        return documents.Where(d => d.Text("kind") == RucioInstance.KubeKind && d["spec"]!["external"] is null).Select(d => new RenderedCase(name, Read(d), tags is [] ? ["sky"] : tags, own));
    }

    /// <summary>With the defaults that the API server fills in.</summary>
    private static RucioInstance Read(JsonObject manifest)
    {
        manifest["metadata"]!["namespace"] ??= "default";
        manifest["metadata"]!["uid"] = "00000000-0000-0000-0000-000000000000";
        return manifest.Deserialize(KubeJson.Info<RucioInstance>())!;
    }
}
