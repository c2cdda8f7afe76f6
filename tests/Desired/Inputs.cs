using System.Text.Json;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Releases;
using RucioOperator.Runtime;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Desired;

/// <summary>What builders are given: a spec in YAML, and fixed answers of the world to everything else.</summary>
internal static class Inputs
{
    public static readonly ApiKinds EveryKind = new(OptionalKinds.All.ToDictionary(kind => kind, kind => kind.Candidates.First()));

    /// <param name="spec">YAML laid over the smallest spec.</param>
    public static InstanceInputs Of(string spec = "{}") => Of(Crds.Manifest(RucioInstance.KubeKind, spec, "rucio").Deserialize(KubeJson.Info<RucioInstance>())!);

    public static InstanceInputs Of(RucioInstance instance)
    {
        var (database, names) = (instance.Spec.Database, new InstanceNames(instance.Metadata.NamespaceProperty, instance.Metadata.Name));
        var address = database switch
        {
            { Existing: { } e } => new DatabaseAddress(e.Host, e.Port, e.Name, e.Schema, e.SslMode, e.CaSecretRef is null ? null : "(PEM of the CA)") { CaSecret = e.CaSecretRef?.Name },
            { Provision: { } p } => new DatabaseAddress(p.Host, p.Port, p.Name ?? "rucio", p.Schema, p.SslMode, p.CaSecretRef is null ? null : "(PEM of the CA)") { CaSecret = p.CaSecretRef?.Name },
            _ => new DatabaseAddress($"{DatabaseServer.ServiceOf(instance)}.{names.Namespace}.svc", 5432, "rucio", "rucio", DatabaseSslMode.VerifyFull, "(PEM of the CA)") { CaSecret = database.Embedded is null ? $"{names.Postgres}-ca" : names.PostgresTls },
        };
        var access = new DatabaseAccess(address, new("rucio", "(password)"), new("rucio_observer", "(password)"));
        return new InstanceInputs(instance, ReleaseCatalogue.Find(instance.Spec.Version).Release!, access, new("rucio-operator-abcdefgh", "(password)"), new("(certificate)", "(key)"), [])
        {
            Kinds = EveryKind,
            OperatorNamespace = "rucio-operator",
            Secrets = InstanceSecrets.Of(instance.Spec).DistinctBy(s => (s.Secret, s.Key)).ToDictionary(s => (s.Secret, s.Key), s => $"({s.Key} of {s.Secret})"),
        };
    }
}
