using k8s.Models;
using RucioOperator.Hosting;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>Where the operator runs, and how it was told to.</summary>
/// <param name="Account">Name of its ServiceAccount; null: this process has the same.</param>
/// <param name="Deployment">Null: there is none, or it may not be seen.</param>
internal sealed record OperatorSeen(string Namespace, OperatorOptions Options, string? Account, V1Deployment? Deployment)
{
    /// <summary>The chart's, whatever the release is called.</summary>
    private const string Label = "app.kubernetes.io/name=rucio-operator";

    /// <param name="self">Of this process, which runs as the operator does; null: it is looked for.</param>
    /// <param name="ns">Where to look; null: everywhere.</param>
    /// <returns>Null: the notes say why.</returns>
    public static async Task<OperatorSeen?> FindAsync(KubeApi api, OperatorOptions? self, string? ns, Notes notes, CancellationToken ct)
    {
        if (self is not null)
        {
            return new(self.Namespace!, self, null, await OwnAsync(api, self.Namespace!, notes, ct));
        }
        var found = (await api.ListPageAsync<V1Deployment>(new Selection(ns ?? "", Label), 100, null, ct)).Items;
        switch (found)
        {
            case []:
                notes.Error("OperatorNotFound", $"there is no Deployment with label {Label}{(ns is null ? "" : $" in namespace {ns}")}", "install the chart, charts/rucio-operator; or name the operator's namespace with -n");
                return null;
            case [_, _, ..] when found.Select(d => d.Metadata.NamespaceProperty).Distinct().Count() > 1:
                notes.Error("SeveralOperators", $"there are Deployments with label {Label} in {string.Join(", ", found.Select(d => d.Metadata.NamespaceProperty).Distinct())}", "name the operator's namespace with -n");
                return null;
        }
        var deployment = found[0];
        Judge(deployment, notes);
        return new(deployment.Metadata.NamespaceProperty, OptionsOf(deployment), deployment.Spec.Template.Spec?.ServiceAccountName ?? "default", deployment);
    }

    private static async Task<V1Deployment?> OwnAsync(KubeApi api, string ns, Notes notes, CancellationToken ct)
    {
        try
        {
            var own = (await api.ListPageAsync<V1Deployment>(new Selection(ns, Label), 100, null, ct)).Items.FirstOrDefault();
            if (own is not null)
            {
                Judge(own, notes);
            }
            return own;
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.Forbidden)
        {
            notes.NotChecked(error.Reason, $"the operator's Deployment in namespace {ns} may not be seen by its own account", "see its lease below, or run doctor with a kubeconfig of somebody who may");
            return null;
        }
    }

    private static void Judge(V1Deployment deployment, Notes notes)
    {
        var (ready, wanted, what) = (deployment.Status?.ReadyReplicas ?? 0, deployment.Spec.Replicas ?? 1, $"Deployment {ObjectKey.Of(deployment)}");
        if (ready >= wanted && wanted > 0)
        {
            notes.Ok($"{what}: {ready} of {wanted} pods are ready");
        }
        else if (ready > 0)
        {
            notes.Warning("PodsNotReady", $"{what}: {ready} of {wanted} pods are ready", $"kubectl -n {deployment.Metadata.NamespaceProperty} describe pods -l {Label}");
        }
        else
        {
            notes.Error("PodsNotReady", $"{what}: none of {wanted} pods is ready", wanted == 0 ? $"kubectl -n {deployment.Metadata.NamespaceProperty} scale deployment {deployment.Metadata.Name} --replicas=2" : $"kubectl -n {deployment.Metadata.NamespaceProperty} describe pods -l {Label}; and their logs");
        }
    }

    private static OperatorOptions OptionsOf(V1Deployment deployment)
    {
        var environment = (deployment.Spec.Template.Spec?.Containers.FirstOrDefault()?.Env ?? []).Where(e => e.Value is not null).DistinctBy(e => e.Name).ToDictionary(e => e.Name, e => e.Value);
        environment["POD_NAMESPACE"] = deployment.Metadata.NamespaceProperty;
        // What is wrong with them the operator says itself, and doesn't start.
        return OperatorOptions.Parse([], name => environment.GetValueOrDefault(name)).Options;
    }
}
