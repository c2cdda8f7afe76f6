using k8s;
using RucioOperator.Commands.Doctor.Installation;
using RucioOperator.Commands.Manifests;
using RucioOperator.Hosting;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor;

/// <summary>Looks at a manifest set with its Secrets before it is applied; without files, at the operator's installation. Changes nothing anywhere.</summary>
internal static class DoctorCommand
{
    private static readonly CommandOption Offline = new("offline", null, null, "ask no cluster: what is not in the files is not checked");

    public static Command Command { get; } = new("doctor", "", "Check manifests and their Secrets, or the installation, and say what to do next",
        [CommonOptions.Files, CommonOptions.Recursive, CommonOptions.Namespace, .. CommonOptions.Cluster, Offline, CommonOptions.Output],
        """
        With -f: manifests, the Secrets they name (of the files, else of the cluster), and the servers they name: databases, FTS, VOMS, token issuers,
        brokers, storages. Each is asked as the operator will ask, from where this runs; nothing is written anywhere, and no value of a Secret is shown.
        Without -f: the operator's installation: definitions, rights, leadership, readiness.

        Exit code: 0 nothing is wrong (there may be warnings), 2 something is, 1 the command could not be carried out.
        """, RunAsync);

    private static async Task<ExitCode> RunAsync(CommandInput input, CancellationToken ct)
    {
        var findings = input.Has(CommonOptions.Files) ? await OfSetAsync(input, ct) : await OfInstallationAsync(input, ct);
        await input.Out.WriteAsync(input.WantsJson ? JsonOutput.Of(DoctorReport.Json(findings)) : DoctorReport.Text(findings));
        return findings.Any(f => f.Verdict == Verdict.Error) ? ExitCode.Found : ExitCode.Done;
    }

    private static async Task<IReadOnlyList<Finding>> OfSetAsync(CommandInput input, CancellationToken ct)
    {
        var isOffline = input.Has(Offline);
        using var cluster = isOffline ? null : ClusterAccess.TryOpen(input);
        if (cluster is null && !isOffline)
        {
            input.Remark("no kubeconfig: what is not in the files is not checked");
        }
        var set = ManifestReader.Read(input, cluster?.Namespace ?? ClusterAccess.OfflineNamespace(input), input.Has(CommonOptions.Namespace));
        if (set.Errors.Count == 0 && !set.Documents.Any(d => d.IsRucio))
        {
            throw new CommandException("-f: there is no RucioInstance, VirtualOrganisation or StorageElement in it");
        }
        var (found, read) = FoundReader.Read(set);
        var tools = new DoctorTools(found, cluster?.Api, Options(input), KubernetesClientConfiguration.IsInCluster(), input.World.Time);
        return [.. read, .. await Check.RunAsync(SetChecks.Of(found, tools), input.World.Time, ct)];
    }

    private static async Task<IReadOnlyList<Finding>> OfInstallationAsync(CommandInput input, CancellationToken ct)
    {
        if (input.Has(Offline))
        {
            throw new CommandException("--offline: name manifests with -f; an installation is in a cluster");
        }
        using var cluster = ClusterAccess.Open(input);
        var ns = input.Text(CommonOptions.Namespace);
        // In a pod of the operator's it is its own rights that matter.
        var self = ns is null && !input.Has(CommonOptions.Kubeconfig) && input.World.Environment("POD_NAMESPACE") is { Length: > 0 } ? Options(input) : null;
        return await InstallationChecks.RunAsync(cluster.Api, self, ns, input.World.Time, ct);
    }

    private static OperatorOptions Options(CommandInput input)
    {
        var (options, errors) = OperatorOptions.Parse([], input.World.Environment);
        return errors.Count == 0 ? options : throw new CommandException(string.Join("; ", errors));
    }
}
