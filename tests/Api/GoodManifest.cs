namespace RucioOperator.Tests.Api;

/// <summary>What must be accepted, mostly the correction of a <see cref="BadManifest"/>.</summary>
public sealed record GoodManifest(string Kind, string Change)
{
    public override string ToString() => $"{Kind} {Change}";

    public static readonly IReadOnlyList<GoodManifest> All =
    [
        new("RucioInstance", "{}"),
        new("RucioInstance", "{database: {provision: null, existing: {host: '2001:db8::1', port: 6432, name: Rucio-1, schema: r, sslMode: VerifyCA, caSecretRef: {name: ca}, credentialsSecretRef: {name: c}}}}"),
        new("RucioInstance", "{multiVo: false}"),
        new("RucioInstance", "{version: null, database: null, external: {apiUrl: 'https://rucio.example.org:8443/rucio', authUrl: 'https://auth.example.org', caSecretRef: {name: ca}, credentialsSecretRef: {name: c}}, transfers: {ftsServers: ['https://fts.example.org:8446']}, tenancy: {vos: [{tag: sky, namespace: sky}]}}"),
        new("RucioInstance", "{multiVo: true, database: {engine: PostgreSQL, provision: {host: mysql.example.org, name: r}}, api: {replicas: 2, resources: {requests: {cpu: 2, memory: 1.5Gi}, limits: {cpu: 500m}}}}"),
        new("RucioInstance", "{database: {provision: null, embedded: {}}}"),
        new("RucioInstance", "{database: {provision: null, embedded: {storageSize: 500Mi, storageClassName: fast, imageName: 'mirror.example.org:5000/library/postgres:17.6', resources: {requests: {memory: 1Gi}}}}}"),
        new("RucioInstance", "{database: {provision: null, cloudNativePG: {}}}"),
        new("RucioInstance", "{database: {provision: null, cloudNativePG: {instances: 1, storageSize: 1Ti, storageClassName: fast, imageName: 'ghcr.io/cloudnative-pg/postgresql:17.5', parameters: {shared_buffers: 1GB, pg_stat_statements.max: '10000'}, backup: {barmanObjectStore: {destinationPath: 's3://b', s3Credentials: {inheritFromIAMRole: true}}, retentionPolicy: 30d}, plugins: [{name: barman-cloud.cloudnative-pg.io, isWALArchiver: true}], externalClusters: [{name: before}], recovery: {source: before}}}}"),
        new("RucioInstance", "{database: {provision: {name: a_name_of_54_letters__________________________________}}}"),
        new("RucioInstance", "{daemons: {profile: Minimal}, transfers: {ftsServers: ['https://fts.example.org:8446']}, config: {reaper: {nb_workers_by_hostname: '2'}, policy: {scratchdisk_lifetime: '7'}, conveyor: {scheme: davs}}}"),
        new("RucioInstance", "{images: {registry: 'r.example.org:5000/x', pullSecrets: [{name: p}]}, tenancy: {allowedNamespaces: {from: Selector, matchLabels: {a: b}}, vos: [{tag: CMS, namespace: x}], limits: {storages: 5, accounts: 0}}}"),
        new("RucioInstance", "{tenancy: {allowedNamespaces: {from: All}}, deletionPolicy: Delete, driftPolicy: Report, managementPolicy: ObserveOnly, suspend: true}"),
        new("RucioInstance", "{upgrade: {backup: PgDump, image: 'postgres:17', storage: {size: 20Gi, className: fast}}, hibernate: true}"),
        new("RucioInstance", "{daemons: {profile: Tape, overrides: [{name: reaper, replicas: 0, resources: {limits: {memory: 4Gi}}, arguments: {threads: '4'}, config: {reaper: {nb_workers_by_hostname: '9'}}}], groups: [{name: fast-finisher, daemon: conveyor-finisher, arguments: {activities: 'User Analysis,Debug'}}]}}"),
        new("RucioInstance", "{messaging: {hermes: {hosts: [mq.example.org, '2001:db8::1'], destination: /topic/rucio.events, credentialsSecretRef: {name: mq}}, receiver: {hosts: [mq], port: 61614, tls: true, destination: /topic/fts, voName: sky, credentialsSecretRef: {name: c}}, traces: {hosts: [mq], destination: /queue/t, credentialsSecretRef: {name: mq}}}}"),
        new("RucioInstance", "{mail: {host: smtp.example.org, from: rucio@example.org, credentialsSecretRef: {name: m}}, transfers: {schemes: [davs, srm+https]}}"),
        new("RucioInstance", "{mail: {host: localhost, port: 25, startTls: false, from: r@h}, configSecrets: [{section: hermes, option: influxdb_token, secretKeyRef: {name: i, key: token}}], api: {config: {webui: {urls: 'https://ui'}}}, config: {messaging-hermes: {broker_virtual_host: v}, monitor: {carbon_server: c}, hermes: {query_by_service: 'True'}}}"),
        new("RucioInstance", "{cache: {shared: {}}, networkPolicy: {}, monitoring: {podMonitor: true, labels: {release: prometheus}}, config: {cache: {use_external_cache_for_auth_tokens: 'True'}}}"),
        new("RucioInstance", "{cache: {url: 'memcached.caches.svc:11211'}, networkPolicy: {enabled: false}}"),
        new("RucioInstance", "{cache: {shared: {image: 'r.example.org:5000/memcached@sha256:00', memoryMiB: 1024}}}"),
        new("RucioInstance", "{oidc: {issuers: [{name: iam, url: 'https://iam.example.org/', clientSecretRef: {name: c}, scimSecretRef: {name: s}}, {name: key_cloak, url: 'https://kc.example.org:8443/realms/a', clientSecretRef: {name: c}}], adminIssuer: iam, expectedAudience: a, expectedScope: openid}}"),
        new("RucioInstance", "{api: {host: rucio.example.org, autoscaling: {minReplicas: 3, maxReplicas: 9, targetCpuPercent: 50}, exposure: {type: Ingress, className: nginx, annotations: {a: b}}, tls: {secretRef: {name: t}}}}"),
        new("RucioInstance", "{api: {host: rucio.example.org, replicas: 2, exposure: {type: LoadBalancer}, tls: {issuerRef: {name: le, kind: ClusterIssuer}}}}"),
        new("RucioInstance", "{api: {host: rucio.example.org}, auth: {host: auth.example.org, replicas: 2, tls: {issuerRef: {name: le}}, exposure: {type: Gateway, gatewayRef: {name: g, namespace: infra}}}, trust: {caBundles: [{name: igtf}, {name: s, kind: Secret, key: ca.crt}]}}"),
        new("RucioInstance", "{webui: {host: ui.example.org, exposure: {type: Gateway, gatewayRef: {name: g}}}, auth: {host: auth.example.org, tls: {secretRef: {name: t}}}}"),
        new("RucioInstance", "{trace: {host: trace.example.org, exposure: {type: LoadBalancer, className: c}, tls: {secretRef: {name: t}}}, messaging: {traces: {hosts: [b.example.org], port: 61613, destination: /queue/t, credentialsSecretRef: {name: b}}}}"),
        new("RucioInstance", "{tenancy: {allowedHosts: [localhost, '*.lab.example.org', 10.0.0.7, '[fd00::1]'], rootCredentialMaxAge: 30d}}"),
        new("RucioInstance", "{policyPackages: [{name: cms, module: cms.rucio_policy, image: 'r.example.org/p@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', path: /usr/lib/python3, allowedNamespaces: [cms]}, {name: a-2, module: rucio_of_ours, configMapRef: {name: p}}]}"),
        new("VirtualOrganisation", "{policyPackageName: cms}"),
        new("VirtualOrganisation", "{}"),
        new("VirtualOrganisation", "{longName: compass-2025.cern, rootMappings: Exclusive}"),
        new("VirtualOrganisation", "{tag: def}"),
        new("VirtualOrganisation", "{instanceRef: {name: r, namespace: n}, tag: a10, description: x, email: a@b, distances: {policy: None, default: 5}, managementPolicy: ObserveOnly, driftPolicy: Report, suspend: true}"),
        new("VirtualOrganisation", "{accounts: [{name: a_name-of-25-letters-1234, type: Service, email: a@b, admin: true, identities: [{type: Userpass, secretRef: {name: s}}], quotas: [{rseExpression: '*', bytes: 1000000}, {rseExpression: A-B_C, bytes: 1.5Ti}, {rseExpression: D, bytes: unlimited, total: unlimited}, {rseExpression: '(tier=1|tier<3)&country=ch\\D', bytes: 1, total: 5T}]}]}"),
        new("VirtualOrganisation", "{accounts: [{name: ada}], scopes: [{name: user.ada, owner: ada}, {name: Data-1_x}], distances: {policy: Mesh}}"),
        new("VirtualOrganisation", "{clientConfig: {}}"),
        new("VirtualOrganisation", "{clientConfig: {authType: Oidc, issuer: iam}}"),
        new("VirtualOrganisation", "{clientConfig: {issuer: key_cloak, account: ada}}"),
        new("VirtualOrganisation", "{accounts: [{name: robot, identities: [{}]}], clientConfig: {configMapName: rucio.client-1, mountPath: /etc/rucio, authType: X509Proxy, jupyter: {}, serviceAccount: {name: robot}}}"),
        new("VirtualOrganisation", "{clientConfig: {jupyter: {displayName: 'Sky survey', destinationRse: SKY_DISK, rseMountPath: /eos/rucio, pathBeginsAt: 4, ruleLifetimeDays: 30, siteName: CERN, wildcards: true, tokenVariable: TOKEN}}}"),
        new("VirtualOrganisation", "{membership: {issuer: iam, groups: [{name: sky/production, admin: true, attributes: {role: production}, quotas: [{rseExpression: '*', bytes: 1Ti}]}, {name: '*'}], identities: [Oidc, X509, Ssh], interval: 1h, maxLeavingPercent: 100}}"),
        new("RucioInstance", "{oidc: {issuers: [{name: iam, url: 'https://iam.example.org/', clientSecretRef: {name: c}, scimUrl: 'https://iam.example.org/scim', scimGrants: [{tag: sky, namespace: sky, groups: [sky, sky/production]}, {tag: sea, namespace: sea, groups: ['*']}]}]}}"),
        new("VirtualOrganisation", "{scopes: [{name: data, owner: somebody}], subscriptions: [{name: s, owner: ada, filter: {scopes: [data]}, rules: [{rseExpression: '*'}]}, {name: Raw-to_tape.1, owner: ada, priority: 1, comments: 'a, b', filter: {scopes: [data, 'user.*'], accounts: [ada, bob], pattern: 'raw/*.RAW*', excludedPattern: '*_tmp', metadata: {project: 'data 26*', runNumber: '4711'}}, rules: [{rseExpression: rse_type=TAPE, copies: 2, activity: T0 Tape, lifetime: 30d}]}]}"),
        new("StorageElement", "{}"),
        new("StorageElement", "{technology: Posix, endpoints: [{url: 'file:///data/x'}], type: TAPE, volatile: true, stagingArea: true, deterministic: false, lfn2pfn: identity, greedyDeletion: true}"),
        new("StorageElement", "{endpoints: [{url: 'davs://[2001:db8::1]:443/x/', lan: {read: 0}, wan: {read: 1, thirdPartyCopyRead: 2}}, {url: 'root://h.example.org//eos/x/'}, {url: 'srm+https://h/x'}]}"),
        new("StorageElement", "{attributes: {site: CERN, tier: '1'}, attributesPolicy: Exact, availability: {write: false}, minFreeSpace: 10Ti, fts: 'https://fts.example.org:8446', deletionPolicy: DeleteIfEmpty, managementPolicy: ObserveOnly}"),
    ];
}
