using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Apply.Transfers;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Observed.Scim;
using RucioOperator.Planning;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

/// <summary>Which events wake which controller: the arrows of the architecture, all in one place.</summary>
public static class Wiring
{
    private const int Workers = 8;

    /// <summary>Of VOs and storages: enough for some instances whose Rucio is slow, and all the others.</summary>
    private const int ManyWorkers = 3 * Workers;

    /// <summary>Storages come in numbers; that their RSEs are new to the daemons is nothing to hurry about.</summary>
    private static readonly TimeSpan StoragesSettle = TimeSpan.FromSeconds(1);

    /// <summary>For one call to an FTS or a VOMS server: beside the loops, nobody waits for it.</summary>
    private static readonly TimeSpan GridPatience = TimeSpan.FromSeconds(30);

    public static void Compose(Composition c)
    {
        var metrics = new OperatorMetrics();
        var (runtime, managed) = (c.Runtime, ChildMarks.Selector);
        var instances = runtime.Informer<RucioInstance>();
        var vos = runtime.Informer<VirtualOrganisation>();
        var storages = runtime.Informer<StorageElement>();
        var home = c.Options.Namespace ?? c.Options.LeaseNamespace;
        // Only their labels matter, and the uid of one.
        var namespaces = runtime.NamespaceInformer(home);
        var clusterNamespace = c.Options.Namespaces.Count == 0 ? "kube-system" : home;
        var secrets = runtime.MetadataInformer<V1Secret>();
        var named = runtime.MetadataInformer<V1ConfigMap>();
        var deployments = runtime.Informer<V1Deployment>(managed);
        var jobs = runtime.Informer<V1Job>(managed);
        var configSecrets = runtime.Informer<V1Secret>($"{managed},{Labels.Component} in (config,{ClientConfig.Component})");
        var services = runtime.Informer<V1Service>(managed);
        var maps = runtime.Informer<V1ConfigMap>(managed);
        var statefulSets = runtime.Informer<V1StatefulSet>(managed);
        var claims = runtime.Informer<V1PersistentVolumeClaim>(managed);
        var ingresses = runtime.Informer<V1Ingress>(managed);
        var policies = runtime.Informer<V1NetworkPolicy>(managed);
        var budgets = runtime.Informer<V1PodDisruptionBudget>(managed);
        var scalers = runtime.Informer<V2HorizontalPodAutoscaler>(managed);
        var children = new ChildCaches().Add(deployments).Add(jobs)
            .Add(services).Add(maps).Add(statefulSets).Add(claims).Add(ingresses).Add(policies).Add(budgets).Add(scalers)
            .Add(runtime.Informer<V1ServiceAccount>(managed)).Add(configSecrets);
        var kinds = new KindDiscovery(c.Api, kind => runtime.OptionalInformer(kind, managed), c.Time, c.Loggers.CreateLogger<KindDiscovery>());
        runtime.Follow(kinds);
        foreach (var informer in kinds.Informers)
        {
            children.Add(informer);
        }

        deployments.Store.AddIndex(Indexes.ByInstance, d => InstanceOfChild(d).Select(k => k.ToString()));
        instances.Store.AddIndex(Indexes.BySecret, Indexes.SecretsOf);
        instances.Store.AddIndex(Indexes.ByMap, Indexes.MapsOf);
        vos.Store.AddIndex(Indexes.ByInstance, vo => [Indexes.InstanceOf(vo).ToString()]);
        vos.Store.AddIndex(Indexes.ByTag, vo => [Indexes.TagOf(vo)]);
        vos.Store.AddIndex(Indexes.BySecret, Indexes.SecretsOf);
        storages.Store.AddIndex(Indexes.ByHost, s => Indexes.HostsOf(s).Select(StoragePlace.HostOf).Distinct());
        storages.Store.AddIndex(Indexes.BySecret, Indexes.SecretsOf);
        storages.Store.AddIndex(Indexes.ByVo, storage => [Indexes.VoOf(storage).ToString()]);

        new ResourceFigures(instances, vos, storages, metrics, c.Time).Watch(() => runtime.IsLeader);

        var connections = new InstanceConnections();
        var references = new ReferencedSecrets(c.Api, secrets);
        var generated = new GeneratedSecrets(c.Api, references, GeneratedSecrets.RandomText, c.Loggers.CreateLogger<GeneratedSecrets>());
        var configMaps = new ReferencedMaps(c.Api, named);
        var trust = new TrustTexts(references, configMaps);
        var revocation = Revocation.Make(new TrustedHttp(redirects: 3).For, maps, metrics, c.Time, Chance(c.Random));
        var people = new ScimDirectory(new ScimClient(new TrustedHttp(redirects: 0).For, c.Time), c.Time);
        var served = new ServedRses();
        var tenancy = new Tenancy(instances, namespaces, runtime.Sees);
        var ownership = new CatalogueOwnership(clusterNamespace, () => namespaces.Store.Get(new ObjectKey("", clusterNamespace))?.Metadata.Uid, c.Options.DriftInterval);
        var applier = new ServerSideApplier(c.Api, children, c.Time, c.Loggers.CreateLogger<ServerSideApplier>());
        var servers = new DatabaseServers(applier, generated, references, statefulSets, kinds, c.Time);
        Func<string, string, Uri?> databaseAt = (service, ns) => c.Options.ServiceOverrides.Find(service, ns) is { Scheme: ServiceOverrides.Tcp } at ? at : null;
        var events = new EventWriter(c.Api, c.Identity, c.Time, c.Loggers.CreateLogger<EventWriter>());

        var hosts = new HostGuard(HostNames.System(c.Time, c.Options.DriftInterval), new ClosedHosts(c.Options.ClusterRanges));
        var keeper = new ProxyKeeper(new GridServers(c.Time, GridPatience), (voms, ct) => hosts.ReachAsync(voms.Server.Host, voms.AllowedHosts, ct), c.Time, Chance(c.Random), (holder, step, reason) => metrics.TransferFailed(holder.Instance, step, reason), c.Loggers.CreateLogger<ProxyKeeper>());
        c.Runtime.WorkEnded += keeper.Dispose;
        metrics.WatchTransfers(() => TransferFigures.Of(keeper));
        var transfers = new Transfers(keeper, new TransferCredentials(references, c.Time), trust, (holder, owner) => Proxies.Saved(key => configSecrets.Store.Get(key), new InstanceNames(holder.Instance.Namespace, holder.Instance.Name), holder.Tag, holder.Tag == "" ? null : owner.ToString()), events, c.Time);

        var instance = new InstanceController(new InstanceParts(c.Api, new Databases(references, generated, new DatabaseProvisioner(c.Loggers.CreateLogger<DatabaseProvisioner>()), connections, ownership, servers, databaseAt), generated, references, connections, applier,
            deployments, jobs, vos, kinds, c.Options.ServiceOverrides.Find, c.Options.DriftInterval, Jittered(c), new StatusWriter<RucioInstance>(c.Api, instances, InstanceController.Name), events, metrics, c.Time)
        {
            ConfigSecrets = configSecrets,
            Storages = storages,
            Tenancy = tenancy,
            Exposure = new ExposureParts(configMaps, services),
            Served = served,
            RsePace = new RseRollPace(c.Options.RseQuiet, c.Options.RseRollInterval),
            Oidc = new OidcDiscovery(new TrustedHttp(redirects: 3).For, c.Time, c.Options.DriftInterval * 0.8),
            Trust = trust,
            Revocation = revocation,
            Transfers = transfers,
            OperatorNamespace = c.Options.Namespace,
        });
        var voParts = new VoParts(tenancy, generated, references, connections, vos, new StatusWriter<VirtualOrganisation>(c.Api, vos, VoController.Name), events, metrics, c.Time, c.Loggers.CreateLogger(typeof(VoController)))
        {
            Applier = applier,
            Maps = maps,
            Checks = new CheckParts(c.Api, jobs, c.Options.ServiceOverrides.Find),
            Members = new Members(people, references, trust),
            Transfers = transfers,
        };
        var vo = new VoController(voParts);
        var endpoints = EndpointChecks.Watch(hosts, trust, instances, metrics, c.Time, Chance(c.Random));
        var storage = new StorageController(new StorageParts(c.Api, tenancy, references, connections, served, vos, storages, new StatusWriter<StorageElement>(c.Api, storages, StorageController.Name), events, metrics, c.Time, c.Loggers.CreateLogger(typeof(StorageController)))
        {
            ConfigSecrets = configSecrets,
            Hosts = hosts,
            Endpoints = endpoints,
        });

        var instanceLoop = runtime.Controller(InstanceController.Name, new EntityReconciler<RucioInstance>(c.Api, instances, instance, instance, InstanceController.Finalizer, $"rucio-operator/{InstanceController.Name}", i => i.Spec.DeletionPolicy == InstanceDeletionPolicy.Delete), Workers)
            .For(instances)
            .Watches(deployments, InstanceOfChild)
            .Watches(jobs, InstanceOfChild)
            .Watches(services, InstanceOfChild)
            .Watches(maps, InstanceOfChild)
            .Watches(named, m => Keys(instances.Store.ByIndex(Indexes.ByMap, ObjectKey.Of(m).ToString())))
            .Watches(statefulSets, InstanceOfChild)
            .Watches(claims, InstanceOfChild)
            .Watches(ingresses, InstanceOfChild)
            .Watches(policies, InstanceOfChild, when: Changes.OfIntent)
            .Watches(budgets, InstanceOfChild, when: Changes.OfIntent)
            .Watches(scalers, InstanceOfChild, when: Changes.OfContent)
            .Watches(vos, v => [Indexes.InstanceOf(v)], when: VoMattersToInstance)
            .Watches(storages, s => vos.Store.Get(Indexes.VoOf(s)) is { } v ? [Indexes.InstanceOf(v)] : [], StoragesSettle, when: StorageMattersToInstance)
            .Watches(secrets, s => [.. storages.Store.ByIndex(Indexes.BySecret, ObjectKey.Of(s).ToString()).Select(Indexes.VoOf).Distinct().Select(vos.Store.Get).OfType<VirtualOrganisation>().Select(Indexes.InstanceOf).Distinct()], StoragesSettle)
            .Watches(secrets, s => [.. Keys(instances.Store.ByIndex(Indexes.BySecret, ObjectKey.Of(s).ToString())), .. InstanceOfChild(s)]);
        var perInstance = new Shares(key => vos.Store.Get(key) is { } v ? Indexes.InstanceOf(v).ToString() : null, Workers);
        var voLoop = runtime.Controller(VoController.Name, new EntityReconciler<VirtualOrganisation>(c.Api, vos, vo, new VoOffboarding(voParts), VoOffboarding.Finalizer, $"rucio-operator/{VoController.Name}", v => v.Spec.DeletionPolicy == VoDeletionPolicy.Offboard), ManyWorkers, perInstance)
            .For(vos)
            .Watches(instances, i => Keys(vos.Store.ByIndex(Indexes.ByInstance, ObjectKey.Of(i).ToString())))
            .Watches(storages, s => [Indexes.VoOf(s)], StorageController.QuietWindow, when: StorageMattersToQuotas)
            .Watches(maps, m => [.. VoOfChild(m), .. VosOfAuthorities(m, vos)])
            .Watches(configSecrets, VoOfChild)
            .Watches(jobs, VoOfChild)
            .Watches(vos, v => Keys(vos.Store.ByIndex(Indexes.ByTag, Indexes.TagOf(v))), when: TagIsLetGo)
            .Watches(namespaces, n => Keys(vos.Store.List().Where(v => v.Metadata.NamespaceProperty == n.Metadata.Name)))
            .Watches(secrets, s => [.. Keys(vos.Store.ByIndex(Indexes.BySecret, ObjectKey.Of(s).ToString())), .. VosOfLogin(s, vos)]);
        var storageLoop = runtime.Controller(StorageController.Name, storage, ManyWorkers, perInstance)
            .Watches(storages, s => [Indexes.VoOf(s)], StorageController.QuietWindow, QueuePriority.Edit, when: SpecOrMetadataChanged)
            .Watches(vos, v => [ObjectKey.Of(v)])
            .Watches(secrets, s => storages.Store.ByIndex(Indexes.BySecret, ObjectKey.Of(s).ToString()).Select(Indexes.VoOf).Distinct(), StorageController.QuietWindow)
            .Watches(configSecrets, s => InstanceOfChild(s).Where(i => s.Metadata.Name == new InstanceNames(i.Namespace, i.Name).RseAccounts)
                .SelectMany(i => Keys(vos.Store.ByIndex(Indexes.ByInstance, i.ToString()).Where(v => storages.Store.ByIndex(Indexes.ByVo, ObjectKey.Of(v).ToString()).Any(HasKeys)))))
            .Watches(instances, i => Keys(vos.Store.ByIndex(Indexes.ByInstance, ObjectKey.Of(i).ToString())));

        foreach (var informer in kinds.Informers)
        {
            instanceLoop.Watches(informer, InstanceOfChild);
        }
        kinds.Changed += () =>
        {
            foreach (var key in Keys(instances.Store.List()))
            {
                instanceLoop.Enqueue(key);
            }
        };

        // Somebody joined or left an issuer.
        people.Changed += key =>
        {
            foreach (var member in Keys(vos.Store.ByIndex(Indexes.ByInstance, key.ToString()).Where(v => v.Spec.Membership is not null)))
            {
                voLoop.Enqueue(member);
            }
        };

        // A revocation list was published, or could not be fetched.
        revocation.Changed += key => instanceLoop.Enqueue(key, priority: QueuePriority.Resync);

        // A proxy or a delegation was renewed, or fails to be: the instance writes the former into its pods' Secrets.
        keeper.Changed += holder =>
        {
            instanceLoop.Enqueue(holder.Instance, priority: QueuePriority.Resync);
            foreach (var of in holder.Tag.Length == 0 ? [] : Keys(vos.Store.ByIndex(Indexes.ByTag, $"{holder.Instance} {holder.Tag}")))
            {
                voLoop.Enqueue(of, priority: QueuePriority.Resync);
            }
        };

        // A storage's door opened, closed, or has another certificate.
        endpoints.Changed += key => storageLoop.Enqueue(key, priority: QueuePriority.Resync);

        // A full look at a catalogue, each drift interval: whoever lives in it plans again, after everything more urgent.
        connections.Observed += key =>
        {
            foreach (var dependant in Keys(vos.Store.ByIndex(Indexes.ByInstance, key.ToString())))
            {
                voLoop.Enqueue(dependant, priority: QueuePriority.Resync);
                storageLoop.Enqueue(dependant, priority: QueuePriority.Resync);
            }
        };
    }

    private static IEnumerable<ObjectKey> InstanceOfChild(IKubernetesObject<V1ObjectMeta> child) =>
        child.Metadata.Labels is { } labels && labels.TryGetValue(Labels.Instance, out var name) ? [new ObjectKey(child.Metadata.NamespaceProperty, name)] : [];

    private static IEnumerable<ObjectKey> VoOfChild(IKubernetesObject<V1ObjectMeta> child) =>
        child.Metadata.OwnerReferences?.FirstOrDefault(o => o.Kind == VirtualOrganisation.KubeKind) is { } owner ? [new ObjectKey(child.Metadata.NamespaceProperty, owner.Name)] : [];

    /// <summary>Their clients know the servers by them.</summary>
    private static IEnumerable<ObjectKey> VosOfAuthorities(V1ConfigMap map, Informer<VirtualOrganisation> vos) =>
        InstanceOfChild(map).Where(i => map.Metadata.Name == new InstanceNames(i.Namespace, i.Name).ClientAuthorities).SelectMany(i => Keys(vos.Store.ByIndex(Indexes.ByInstance, i.ToString())));

    /// <summary>A generated login that was deleted or changed: its VO makes it again.</summary>
    private static IEnumerable<ObjectKey> VosOfLogin(PartialObject secret, Informer<VirtualOrganisation> vos) =>
        secret.Metadata.Labels is { } labels && labels.TryGetValue(Labels.Component, out var component) && component is "login" or "credentials"
            ? Keys(vos.Store.List().Where(v => component == "credentials" ? Indexes.InstanceOf(v).Namespace == secret.Metadata.NamespaceProperty : v.Metadata.NamespaceProperty == secret.Metadata.NamespaceProperty))
            : [];

    /// <summary>Others may have waited for the tag.</summary>
    private static bool TagIsLetGo(VirtualOrganisation? old, VirtualOrganisation? now) =>
        old is not null && (now is null || Indexes.TagOf(old) != Indexes.TagOf(now));

    private static bool VoMattersToInstance(VirtualOrganisation? old, VirtualOrganisation? now) =>
        old is null || now is null || old.Status?.Tag != now.Status?.Tag || old.Status?.LongName != now.Status?.LongName || old.Status?.LastHandledRootRotation != now.Status?.LastHandledRootRotation || old.Spec.InstanceRef != now.Spec.InstanceRef
        || old.Spec.PolicyPackageName != now.Spec.PolicyPackageName || old.Spec.Transfers?.CredentialSecretRef != now.Spec.Transfers?.CredentialSecretRef;

    private static bool StorageMattersToVo(StorageElement? old, StorageElement? now) =>
        old is null || now is null || old.Status?.RseId != now.Status?.RseId;

    /// <summary>Their keys are the instance's to render.</summary>
    private static bool StorageMattersToInstance(StorageElement? old, StorageElement? now) =>
        StorageMattersToVo(old, now) || (HasKeys(old!) || HasKeys(now!)) && SpecOrMetadataChanged(old, now);

    private static bool HasKeys(StorageElement storage) => storage.Spec.CredentialsSecretRef is not null;

    /// <summary>Which storages a quota's expression means may change with each of their attributes.</summary>
    private static bool StorageMattersToQuotas(StorageElement? old, StorageElement? now) =>
        StorageMattersToVo(old, now) || old!.Status?.ObservedGeneration != now!.Status?.ObservedGeneration;

    private static bool SpecOrMetadataChanged(StorageElement? old, StorageElement? now) =>
        old is null || now is null || old.Metadata.Generation != now.Metadata.Generation || old.Metadata.DeletionTimestamp != now.Metadata.DeletionTimestamp
        || !SameAnnotations(old.Metadata.Annotations, now.Metadata.Annotations);

    private static bool SameAnnotations(IDictionary<string, string>? a, IDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0) && (a is null || a.All(x => b!.TryGetValue(x.Key, out var value) && value == x.Value));

    private static IEnumerable<ObjectKey> Keys<T>(IEnumerable<T> objects) where T : IKubernetesObject<V1ObjectMeta> => objects.Select(o => ObjectKey.Of(o));

    private static Func<double> Chance(Random random) => () =>
    {
        lock (random)
        {
            return random.NextDouble();
        }
    };

    private static Func<TimeSpan> Jittered(Composition c) => () => c.Options.DriftInterval * (0.9 + 0.2 * c.Random.NextDouble());
}
