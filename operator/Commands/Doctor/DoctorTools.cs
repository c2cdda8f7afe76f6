using System.Net;
using RucioOperator.Api;
using RucioOperator.Apply.Transfers;
using RucioOperator.Controllers;
using RucioOperator.Grid;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Doctor;

/// <summary>With what checks look: the operator's own parts, on files and a cluster instead of informers.</summary>
internal sealed class DoctorTools
{
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(30), Fresh = TimeSpan.FromMinutes(10);

    /// <param name="api">Null: no cluster is asked.</param>
    /// <param name="inCluster">Names of Services lead somewhere.</param>
    public DoctorTools(Found found, KubeApi? api, OperatorOptions options, bool inCluster, TimeProvider time)
    {
        (Found, Api, InCluster, Time) = (found, api, inCluster, time);
        Secrets = new FoundSecrets(found, api);
        Maps = new FoundMaps(found, api);
        Trust = new(Secrets, Maps);
        Credentials = new(Secrets, time);
        Names = HostNames.System(time, Fresh);
        Hosts = new(Names, new ClosedHosts(options.ClusterRanges));
        Endpoints = new(Hosts, new EndpointProbe(time, EndpointLook.Patience), Trust);
        Issuers = new(new TrustedHttp(redirects: 3).For, time, Fresh);
        Grid = new(new GridServers(time, CallPatience), (voms, ct) => Hosts.ReachAsync(voms.Server.Host, voms.AllowedHosts, ct), time, () => 0.5, (_, _) => { });
    }

    public Found Found { get; }
    public KubeApi? Api { get; }
    public bool InCluster { get; }
    public TimeProvider Time { get; }
    public IReferencedSecrets Secrets { get; }
    public IReferencedMaps Maps { get; }
    public TrustTexts Trust { get; }
    public TransferCredentials Credentials { get; }
    public HostNames Names { get; }
    public HostGuard Hosts { get; }
    public EndpointLook Endpoints { get; }
    public OidcDiscovery Issuers { get; }
    public TransferTools Grid { get; }
    public DateTimeOffset Now => Time.GetUtcNow();

    /// <exception cref="NotAtHandException">No cluster is asked.</exception>
    public KubeApi Cluster => Api ?? throw new NotAtHandException(NotAtHandException.NoCluster, "no cluster was asked");

    /// <summary>Null: neither in the files nor in the cluster.</summary>
    public Task<RucioInstance?> InstanceAsync(ObjectKey key, CancellationToken ct) => AnyAsync(Found.Instances, key, ct);

    /// <inheritdoc cref="InstanceAsync"/>
    public Task<VirtualOrganisation?> VoAsync(ObjectKey key, CancellationToken ct) => AnyAsync(Found.Vos, key, ct);

    /// <summary>Null: there is no such namespace.</summary>
    public async Task<IDictionary<string, string>?> LabelsAsync(string ns, CancellationToken ct)
    {
        if (Found.Namespaces.TryGetValue(ns, out var labels))
        {
            return labels;
        }
        return await Cluster.GetAsync<k8s.Models.V1Namespace>(new ObjectKey("", ns), ct) is { } there ? there.Metadata.Labels ?? new Dictionary<string, string>() : null;
    }

    /// <exception cref="NotAtHandException">Only pods can tell where this name leads.</exception>
    public void RequireReach(string host)
    {
        if (!InCluster && ClosedHosts.Literal(host) is null && host != "localhost" && ClosedHosts.Why(host) is not null)
        {
            throw new NotAtHandException(NotAtHandException.InsideTheCluster, $"{host} is a name of the cluster's own, and this is no pod of it");
        }
    }

    /// <summary>Empty: the name leads nowhere.</summary>
    public async Task<IReadOnlyList<IPAddress>> AddressesAsync(string host, CancellationToken ct) =>
        ClosedHosts.Literal(host) is { } address ? [address] : (await Names.ResolveAsync([host], ct))[host];

    private async Task<T?> AnyAsync<T>(IReadOnlyList<T> here, ObjectKey key, CancellationToken ct) where T : class, IRucioResource =>
        here.FirstOrDefault(one => ObjectKey.Of(one) == key)
        ?? (Found.Unsound.Contains((typeof(T).Name, key)) ? throw new NotAtHandException(NotAtHandException.Unsound, $"the manifest of {typeof(T).Name} {key} has errors of its own")
            : Api is null ? throw new NotAtHandException(NotAtHandException.NoCluster, $"{typeof(T).Name} {key} is not in the files, and no cluster was asked") : await Api.GetAsync<T>(key, ct));
}
