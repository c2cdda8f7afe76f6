using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Cluster;

/// <summary>How a rule is broken: a change of an accepted object.</summary>
/// <param name="Message">Part of the rule's message, enough to tell it from others at that path.</param>
/// <param name="Patch">Merge patch as YAML on the first accepted object that has the path.</param>
/// <param name="Status">Status the object has before; with it, or for a rule on oldSelf, the patch is an update.</param>
public sealed record RuleCase(string Kind, string Path, string Message, string Patch, string? Status = null)
{
    internal bool Breaks(SchemaRule rule) => rule.Kind == Kind && rule.Path == Path && rule.Message.Contains(Message, StringComparison.Ordinal);

    public override string ToString() => $"{Kind}{Path}: {Patch}";
}

/// <summary>Accepted objects in which every rule is evaluated, and one way to break each.</summary>
internal static class RuleCases
{
    private const string Ri = "RucioInstance", Vo = "VirtualOrganisation", Se = "StorageElement";

    public static IReadOnlyList<JsonObject> Accepted { get; } = Yaml.Parse("""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec:
          version: 41.0.0
          database: {provision: {host: pg.example.org, name: fixed, adminSecretRef: {name: db}}}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec:
          version: 41.0.0
          multiVo: true
          database: {existing: {host: pg.example.org, name: rucio, credentialsSecretRef: {name: db}}}
          api: {replicas: 2}
          daemons:
            profile: Tape
            overrides: [{name: reaper, arguments: {threads: "4"}}]
            groups: [{name: fast, daemon: conveyor-finisher, arguments: {activities: Debug}}]
          messaging:
            hermes: {hosts: [mq.example.org], destination: /topic/events, credentialsSecretRef: {name: mq}}
            receiver: {hosts: [mq.example.org], tls: true, destination: /topic/fts, voName: sky, credentialsSecretRef: {name: mq}}
            traces: {hosts: [mq.example.org], destination: /topic/traces, credentialsSecretRef: {name: mq}}
          mail: {host: smtp.example.org, from: rucio@example.org, credentialsSecretRef: {name: mail}}
          transfers: {ftsServers: ["https://fts.example.org:8446"], schemes: [davs], credentialSecretRef: {name: robot}, voms: {vo: escape, host: voms.example.org, port: 15000, fqans: [/escape/Role=production]}, proxy: {lifetime: 96h, renewBefore: 1d}}
          config: {common: {loglevel: INFO}, policy: {lfn2pfn_algorithm_default: hash}, conveyor: {scheme: "davs,root"}, cache: {use_external_cache_for_auth_tokens: "True"}}
          cache: {shared: {memoryMiB: 128}}
          oidc: {issuers: [{name: iam, url: "https://iam.example.org/", clientSecretRef: {name: iam}}], adminIssuer: iam}
          policyPackages: [{name: cms, module: cms_policy, configMapRef: {name: cms-policy}}]
          tenancy: {allowedNamespaces: {from: All}}
          managementPolicy: Full
          upgrade: {backup: PgDump, image: "postgres:17", storage: {size: 20Gi}}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec:
          version: 41.0.0
          database: {provision: {host: "fd00::1", adminSecretRef: {name: db}}}
          tenancy: {allowedNamespaces: {from: Selector, matchLabels: {a: b}}}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec:
          external: {apiUrl: "https://rucio.example.org", credentialsSecretRef: {name: login}}
          tenancy: {vos: [{tag: sky, namespace: sky}]}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec:
          version: 41.0.0
          database: {embedded: {storageSize: 5Gi, storageClassName: fast}}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec:
          version: 41.0.0
          database: {cloudNativePG: {storageSize: 20Gi, parameters: {shared_buffers: 1GB}, backup: {retentionPolicy: 30d}, plugins: [{name: p}]}}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec:
          version: 41.0.0
          database: {provision: {host: pg.example.org, adminSecretRef: {name: db}}}
          api: {host: rucio.example.org, autoscaling: {maxReplicas: 4}, exposure: {type: Ingress, className: nginx}, tls: {secretRef: {name: t}}}
          auth: {host: auth.example.org, exposure: {type: LoadBalancer, className: c}, tls: {issuerRef: {name: i}}}
          webui: {host: ui.example.org, exposure: {type: Ingress}, tls: {secretRef: {name: t}}}
          trace: {host: trace.example.org, exposure: {type: Ingress}, tls: {secretRef: {name: t}}}
          messaging: {traces: {hosts: [b.example.org], port: 61613, destination: /queue/t, credentialsSecretRef: {name: b}}}
          trust: {caBundles: [{name: ca}]}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        spec:
          instanceRef: {name: rucio}
          tag: sky
          longName: skyview
          rootMappings: Exclusive
          accounts: [{name: alice, attributes: {a: b}, identities: [{type: Userpass}], quotas: [{rseExpression: "*", bytes: 1Ti}, {rseExpression: SKY_DISK-1, bytes: unlimited}]}]
          scopes: [{name: data, owner: alice}]
          subscriptions: [{name: all, owner: alice, filter: {scopes: [data]}, rules: [{rseExpression: "*"}]}]
          distances: {policy: Mesh, overrides: [{source: SKY_DISK, destination: SKY_TAPE, distance: 2}]}
          membership: {issuer: iam, mode: DryRun, groups: [{name: sky, attributes: {role: user}, quotas: [{rseExpression: "*", bytes: 1Ti}]}]}
          transfers: {credentialSecretRef: {name: robot}, voms: {vo: escape, host: voms.example.org, port: 15000, fqans: [/escape/Role=production]}}
          clientConfig: {authType: Oidc, issuer: iam, jupyter: {destinationRse: SKY_DISK, rseMountPath: /eos, pathBeginsAt: 1, ruleLifetimeDays: 30}}
          check: {dataPath: true, storages: [SKY_DISK], credentialSecretRef: {name: proxy}}
          deletionPolicy: Offboard
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        spec:
          voRef: {name: sky}
          rse: SKY-EOS_DISK1
          technology: EOS
          deterministic: true
          endpoints: [{url: "davs://eos.example.org:443/eos/sky/", extendedAttributes: {a: b}}, {url: "root://eos.example.org/eos/sky/"}]
          attributes: {site: CERN}
          tokens: {basePath: /eos}
          checksums: {supported: [Adler32]}
          lfn2pfn: hash
          distances: [{rse: SKY_TAPE, to: 2}]
          deletionPolicy: DeleteIfEmpty
        """);

    public static IReadOnlyList<RuleCase> All { get; } =
    [
        new(Ri, ".spec", "exactly one of: database, external", "spec: {external: {apiUrl: \"https://r\", credentialsSecretRef: {name: c}}}"),
        new(Ri, ".spec", "spec.version is required", "spec: {version: null}"),
        new(Ri, ".spec", "nothing is deployed", "spec: {database: null, external: {apiUrl: \"https://r\", credentialsSecretRef: {name: c}}}"),
        new(Ri, ".spec", "Delete drops what", "spec: {database: null, deletionPolicy: Delete, external: {apiUrl: \"https://r\", credentialsSecretRef: {name: c}}}"),
        new(Ri, ".spec", "spec.external is there is immutable", "spec: {database: null, version: null, external: {apiUrl: \"https://r\", credentialsSecretRef: {name: c}}}"),
        new(Ri, ".spec", "spec.transfers.mode: Tokens needs", "spec: {oidc: null, transfers: {mode: Tokens}}"),
        new(Ri, ".spec.trust", "needs spec.trust.caBundles", "spec: {trust: {caBundles: null, crlRefresh: 6h}}"),
        new(Ri, ".spec.multiVo", "immutable", "spec: {multiVo: false}"),
        new(Ri, ".spec.database", "MySQL", "spec: {database: {engine: MySQL}}"),
        new(Ri, ".spec.database", "exactly one", "spec: {database: {embedded: {}}}"),
        new(Ri, ".spec.database", "mode of spec.database is immutable", "spec: {database: {provision: null, embedded: {}}}"),
        new(Ri, ".spec.database.existing.host", "MySQL", "spec: {database: {existing: {host: \"mysql+pymysql://db\"}}}"),
        new(Ri, ".spec.database.existing.host", "host name", "spec: {database: {existing: {host: \"db:5432\"}}}"),
        new(Ri, ".spec.database.provision.host", "MySQL", "spec: {database: {provision: {host: \"mysql://db\"}}}"),
        new(Ri, ".spec.database.provision.host", "host name", "spec: {database: {provision: {host: \"user@db\"}}}"),
        new(Ri, ".spec.daemons.overrides[].arguments", "without dashes", "spec: {daemons: {overrides: [{name: reaper, arguments: {--threads: \"4\"}}]}}"),
        new(Ri, ".spec.daemons.groups[].arguments", "without dashes", "spec: {daemons: {groups: [{name: g, daemon: reaper, arguments: {-t: \"4\"}}]}}"),
        new(Ri, ".spec.messaging", "voName is required", "spec: {messaging: {receiver: {voName: null}}}"),
        new(Ri, ".spec.messaging", "voName is for the receiver", "spec: {messaging: {hermes: {voName: sky}}}"),
        new(Ri, ".spec.messaging", "speaks no TLS", "spec: {messaging: {traces: {tls: true}}}"),
        new(Ri, ".spec.mail", "startTls must be true", "spec: {mail: {startTls: false}}"),
        new(Ri, ".spec.config", "hermes.services_list", "spec: {config: {hermes: {services_list: activemq}}}"),
        new(Ri, ".spec.config", "monitor.enable_metrics", "spec: {config: {monitor: {enable_metrics: \"False\"}}}"),
        new(Ri, ".spec.config", "credentials of brokers", "spec: {config: {messaging-fts3: {password: x}}}"),
        new(Ri, ".spec.config", "belong to spec.mail", "spec: {config: {messaging-hermes: {smtp_host: x}}}"),
        new(Ri, "", "provision.name is immutable", "spec: {database: {provision: {name: other}}}", "{database: {mode: provision, name: fixed}}"),
        new(Ri, ".spec.database.embedded", "storageClassName is immutable", "spec: {database: {embedded: {storageClassName: slow}}}"),
        new(Ri, ".spec.database.embedded.storageSize", "cannot shrink", "spec: {database: {embedded: {storageSize: 4Gi}}}"),
        new(Ri, ".spec.database.cloudNativePG", "storageClassName is immutable", "spec: {database: {cloudNativePG: {storageClassName: slow}}}"),
        new(Ri, ".spec.database.cloudNativePG.storageSize", "cannot shrink", "spec: {database: {cloudNativePG: {storageSize: 19Gi}}}"),
        new(Ri, ".spec.database.cloudNativePG.parameters", "name of a PostgreSQL setting", "spec: {database: {cloudNativePG: {parameters: {\"a b\": c}}}}"),
        new(Ri, ".spec.config", "sections belong to the operator", "spec: {config: {bootstrap: {userpass_identity: x}}}"),
        new(Ri, ".spec.config", "sections belong to the operator", "spec: {config: {read-database: {x: y}}}"),
        new(Ri, ".spec.config", "lower-case", "spec: {config: {Common: {loglevel: x}}}"),
        new(Ri, ".spec.config", "common.multi_vo", "spec: {config: {common: {multi_vo: \"False\"}}}"),
        new(Ri, ".spec.config", "policy.package", "spec: {config: {policy: {package-sky: evil}}}"),
        new(Ri, ".spec.config", "conveyor.", "spec: {config: {conveyor: {usercert: /tmp/x}}}"),
        new(Ri, ".spec.config", "cache.url", "spec: {config: {cache: {url: \"h:1\"}}}"),
        new(Ri, ".spec.policyPackages[]", "exactly one of image, configMapRef", "spec: {policyPackages: [{name: cms, module: cms_policy}]}"),
        new(Ri, ".spec.policyPackages[]", "Rucio's own", "spec: {policyPackages: [{name: cms, module: rucio.core, configMapRef: {name: c}}]}"),
        new(Ri, ".spec.oidc", "adminIssuer names none", "spec: {oidc: {adminIssuer: other}}"),
        new(Ri, ".spec.oidc.issuers", "same url", "spec: {oidc: {issuers: [{name: a, url: \"https://h/\", clientSecretRef: {name: c}}, {name: b, url: \"https://h/\", clientSecretRef: {name: c}}]}}"),
        new(Ri, ".spec.cache", "exactly one", "spec: {cache: {url: \"h:1\"}}"),
        new(Ri, ".spec.tenancy.allowedNamespaces", "from: Selector needs", "spec: {tenancy: {allowedNamespaces: {from: Selector}}}"),
        new(Ri, ".spec.tenancy.allowedNamespaces", "matchLabels needs", "spec: {tenancy: {allowedNamespaces: {matchLabels: {a: b}}}}"),
        new(Ri, ".spec", "PgDump works", "spec: {upgrade: {backup: CloudNativePG}}"),
        new(Ri, ".spec.upgrade", "spec.upgrade.image", "spec: {upgrade: {backup: None}}"),
        new(Ri, ".spec.upgrade", "spec.upgrade.storage", "spec: {upgrade: {backup: None}}"),
        new(Ri, ".spec.api", "is decided by spec.api.autoscaling", "spec: {api: {replicas: 2, autoscaling: {}}}"),
        new(Ri, ".spec.api", "needs cpu", "spec: {api: {replicas: 1, autoscaling: {}, resources: {requests: {memory: 1Gi}}}}"),
        new(Ri, ".spec.api", "needs spec.api.host", "spec: {api: {exposure: {type: Ingress}}}"),
        new(Ri, ".spec.api", "spec.api.tls needs", "spec: {api: {tls: {secretRef: {name: t}}}}"),
        new(Ri, ".spec.api", "LoadBalancer needs", "spec: {api: {host: a.example.org, exposure: {type: LoadBalancer}}}"),
        new(Ri, ".spec.api.autoscaling", "must not be more", "spec: {api: {autoscaling: {minReplicas: 9}}}"),
        .. ((string[])["api", "auth", "webui", "trace"]).SelectMany(server => (RuleCase[])
        [
            new(Ri, $".spec.{server}.exposure", "gatewayRef belongs", $"spec: {{{server}: {{exposure: {{type: Gateway, className: null}}}}}}"),
            new(Ri, $".spec.{server}.exposure", "className belongs", $"spec: {{{server}: {{exposure: {{type: Gateway, gatewayRef: {{name: g}}, className: c}}}}}}"),
            new(Ri, $".spec.{server}.tls", "exactly one", $"spec: {{{server}: {{tls: {{secretRef: {{name: t}}, issuerRef: {{name: i}}}}}}}}"),
        ]),
        new(Ri, ".spec.webui", "speak plain HTTP", "spec: {webui: {exposure: {type: LoadBalancer}}}"),
        new(Ri, ".spec.webui", "spec.webui.tls needs", "spec: {webui: {exposure: {type: Gateway, gatewayRef: {name: g}}}}"),
        new(Ri, ".spec.trace", "needs spec.trace.host", "spec: {trace: {host: null}}"),
        new(Ri, ".spec.trace", "spec.trace.tls needs", "spec: {trace: {exposure: null}}"),
        new(Ri, ".spec.trace", "LoadBalancer needs", "spec: {trace: {tls: null, exposure: {type: LoadBalancer}}}"),
        new(Ri, ".spec", "spec.trace needs", "spec: {trace: {}}"),

        new(Ri, ".spec.transfers", "voms needs", "spec: {transfers: {credentialSecretRef: null}}"),
        new(Ri, ".spec.transfers.proxy", "less than lifetime", "spec: {transfers: {proxy: {renewBefore: 4d}}}"),
        .. ((string[])[Ri, Vo]).SelectMany(kind => (RuleCase[])
        [
            new(kind, ".spec.transfers.voms", "exactly one of: vomses", "spec: {transfers: {voms: {vomses: '\"escape\" \"h\" \"15000\" \"/CN=h\" \"escape\"'}}}"),
            new(kind, ".spec.transfers.voms", "begins with the name", "spec: {transfers: {voms: {fqans: [/other]}}}"),
        ]),
        new(Vo, ".spec.transfers", "voms needs", "spec: {transfers: {credentialSecretRef: null}}"),
        new(Vo, "", "spec.tag is immutable", "spec: {tag: sea}", "{tag: sky}"),
        new(Vo, "", "spec.instanceRef is immutable", "spec: {instanceRef: {name: other}}", "{tag: sky}"),
        new(Vo, ".spec", "no names for VOs", "spec: {tag: def}"),
        new(Vo, ".spec", "in the care of the RucioInstance", "spec: {tag: def}"),
        new(Vo, ".spec.accounts[].name", "root and super_root", "spec: {accounts: [{name: root}]}"),
        new(Vo, ".spec.accounts[].identities", "at most one", "spec: {accounts: [{name: alice, identities: [{type: Userpass}, {type: Userpass}]}]}"),
        new(Vo, ".spec.membership.groups[].attributes", "keys and values", "spec: {membership: {groups: [{name: sky, attributes: {\"a b\": c}}]}}"),
        new(Vo, ".spec.membership.groups[].attributes", "admin is a field", "spec: {membership: {groups: [{name: sky, attributes: {admin: \"true\"}}]}}"),
        new(Vo, ".spec.subscriptions[].owner", "root has no quota", "spec: {subscriptions: [{name: all, owner: root, filter: {scopes: [data]}, rules: [{rseExpression: \"*\"}]}]}"),
        new(Vo, ".spec.accounts[].identities[]", "type X509 needs dn", "spec: {accounts: [{name: alice, identities: [{type: X509}]}]}"),
        new(Vo, ".spec.accounts[].identities[]", "type Oidc needs subject", "spec: {accounts: [{name: alice, identities: [{type: Oidc, issuer: iam}]}]}"),
        new(Vo, ".spec.accounts[].identities[]", "issuer belongs", "spec: {accounts: [{name: alice, identities: [{type: X509, dn: \"CN=a\", issuer: iam}]}]}"),
        new(Vo, ".spec.accounts[].identities[]", "type Ssh needs publicKey", "spec: {accounts: [{name: alice, identities: [{type: Userpass, publicKey: \"ssh-rsa AAAA\"}]}]}"),
        new(Vo, ".spec.accounts[].identities[]", "secretRef belongs", "spec: {accounts: [{name: alice, identities: [{type: X509, dn: \"CN=a\", secretRef: {name: s}}]}]}"),
        new(Vo, ".spec.accounts[].attributes", "admin is a field", "spec: {accounts: [{name: alice, attributes: {admin: \"true\"}}]}"),
        new(Vo, ".spec.accounts[].attributes", "belongs to the operator", "spec: {accounts: [{name: alice, attributes: {rucio-operator: made}}]}"),
        new(Vo, ".spec.scopes[].name", "mock", "spec: {scopes: [{name: mock}]}"),
        new(Vo, ".spec.clientConfig", "issuer is for authType", "spec: {clientConfig: {authType: Userpass}}"),
        new(Vo, ".spec.clientConfig.jupyter", "go together", "spec: {clientConfig: {jupyter: {rseMountPath: null}}}"),
        new(Vo, ".spec.clientConfig.jupyter", "pathBeginsAt is for", "spec: {clientConfig: {jupyter: {destinationRse: null, rseMountPath: null, ruleLifetimeDays: null}}}"),
        new(Vo, ".spec.clientConfig.jupyter", "ruleLifetimeDays is for", "spec: {clientConfig: {jupyter: {destinationRse: null, rseMountPath: null, pathBeginsAt: null}}}"),
        new(Vo, ".spec.distances", "a Star needs", "spec: {distances: {policy: Star}}"),
        new(Vo, ".spec.distances", "hub is for policy Star", "spec: {distances: {hub: SKY_DISK}}"),
        new(Vo, ".spec.distances.overrides[]", "must differ", "spec: {distances: {overrides: [{source: SKY_DISK, destination: SKY_DISK, distance: 2}]}}"),
        new(Vo, ".spec.check", "storages", "spec: {check: {dataPath: false, credentialSecretRef: null}}"),
        new(Vo, ".spec.check", "credentialSecretRef", "spec: {check: {dataPath: false, storages: null}}"),

        new(Se, "", "spec.rse is immutable", "spec: {rse: OTHER}", "{rseId: 0123456789abcdef0123456789abcdef}"),
        new(Se, ".spec", "named like the RSE", "spec: {attributes: {SKY-EOS_DISK1: \"true\"}}"),
        new(Se, ".spec.voRef", "immutable", "spec: {voRef: {name: sea}}"),
        new(Se, ".spec.rse", "upper-case", "spec: {rse: sky_disk}"),
        new(Se, ".spec.deterministic", "immutable", "spec: {deterministic: false}"),
        new(Se, ".spec", "whose URLs Rucio signs", "spec: {credentialsSecretRef: {name: k}}"),
        new(Se, ".spec", "signs https:// URLs alone", "spec: {technology: S3, tokens: null, endpoints: [], credentialsSecretRef: {name: k}}"),
        new(Se, ".spec", "does not speak the scheme", "spec: {technology: Posix}"),
        new(Se, ".spec", "technology is required", "spec: {technology: null, tokens: null, endpoints: [{url: \"srm+https://h/a/\"}]}"),
        new(Se, ".spec", "does not fit spec.technology", "spec: {type: TAPE}"),
        new(Se, ".spec", "disk in front of", "spec: {technology: DCache, type: TAPE, stagingArea: true}"),
        new(Se, ".spec", "needs a davs:// endpoint", "spec: {endpoints: [{url: \"root://h//a/\"}]}"),
        new(Se, ".spec", "is for deterministic storages", "spec: {deterministic: false}"),
        new(Se, ".spec", "cannot take apart URLs", "spec: {deterministic: false, lfn2pfn: null, endpoints: [{url: \"davs://[2001:db8::1]/a/\"}]}"),
        new(Se, ".spec", "must be another one than spec.rse", "spec: {distances: [{rse: SKY-EOS_DISK1, to: 2}]}"),
        new(Se, ".spec.distances[]", "to, from or both", "spec: {distances: [{rse: SKY_TAPE}]}"),
        new(Se, ".spec.endpoints", "same", "spec: {endpoints: [{url: \"davs://h/a/\"}, {url: \"davs://h/a/\"}]}"),
        new(Se, ".spec.endpoints[].extendedAttributes", "a key has", "spec: {endpoints: [{url: \"davs://h/a/\", extendedAttributes: {\"a b\": c}}]}"),
        new(Se, ".spec.tokens", "basePath needs", "spec: {tokens: {enabled: false}}"),
        new(Se, ".spec.checksums", "of no use", "spec: {checksums: {verify: false}}"),
        new(Se, ".spec.endpoints[].url", "starts with one of", "spec: {endpoints: [{url: \"ftp://h/a/\"}]}"),
        new(Se, ".spec.endpoints[].url", "without user and password", "spec: {endpoints: [{url: \"davs://user:pw@h/a/\"}]}"),
        new(Se, ".spec.endpoints[].url", "as a directory", "spec: {endpoints: [{url: \"davs://h/a/../b/\"}]}"),
        new(Se, ".spec.attributes", "fields of their own", "spec: {attributes: {fts: \"https://fts\"}}"),
        new(Se, ".spec.attributes", "a key has", "spec: {attributes: {\"a b\": c}}"),
    ];
}
