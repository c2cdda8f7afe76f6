using NUnit.Framework;
using static RucioOperator.Api.Validation.ValidationReasons;

namespace RucioOperator.Tests.Api;

/// <summary>A spec that must be refused: by the API server where schema or CEL can know it, and by the validator.</summary>
/// <param name="Change">Laid over the smallest spec of the kind.</param>
/// <param name="InLoopOnly">Only the validator can know.</param>
public sealed record BadManifest(string Kind, string Change, string Path, string Reason, bool InLoopOnly = false)
{
    private const string Instance = "RucioInstance", Vo = "VirtualOrganisation", Storage = "StorageElement";

    public override string ToString() => $"{Kind} {Change}";

    public static IEnumerable<TestCaseData> Cases => All.Select(b => new TestCaseData(b).SetArgDisplayNames(b.ToString()));

    public static readonly IReadOnlyList<BadManifest> All =
    [
        new(Instance, "{version: latest}", "spec.version", InvalidField),
        new(Instance, "{database: {engine: MySQL}}", "spec.database.engine", UnsupportedDatabase),
        new(Instance, "{database: {provision: {host: 'mysql://db/rucio'}}}", "spec.database.provision.host", UnsupportedDatabase),
        new(Instance, "{database: {provision: {host: 'postgresql://db'}}}", "spec.database.provision.host", InvalidField),
        new(Instance, "{database: {provision: {host: 'db:5432'}}}", "spec.database.provision.host", InvalidField),
        new(Instance, "{database: {provision: {port: 0}}}", "spec.database.provision.port", InvalidField),
        new(Instance, "{database: {provision: {schema: 'Rucio;drop'}}}", "spec.database.provision.schema", InvalidField),
        new(Instance, "{database: {provision: {name: 9lives}}}", "spec.database.provision.name", InvalidField),
        new(Instance, "{database: {provision: null}}", "spec.database", InvalidField),
        new(Instance, "{database: {existing: {host: db, name: r, credentialsSecretRef: {name: c}}}}", "spec.database", InvalidField),
        new(Instance, "{database: {provision: null, existing: {host: 'mysql://db', name: r, credentialsSecretRef: {name: c}}}}", "spec.database.existing.host", UnsupportedDatabase),
        new(Instance, "{api: {replicas: 0}}", "spec.api.replicas", InvalidField),
        new(Instance, "{api: {resources: {requests: {cpu: lots}}}}", "spec.api.resources.requests[cpu]", InvalidField),
        new(Instance, "{daemons: {profile: Standard}}", "spec.daemons.profile", NotSupportedYet),
        new(Instance, "{daemons: {profile: Tape}}", "spec.daemons.profile", NotSupportedYet),
        new(Instance, "{managementPolicy: ObserveOnly}", "spec.managementPolicy", NotSupportedYet),
        new(Instance, "{transfers: {ftsServers: ['fts.example.org']}}", "spec.transfers.ftsServers[0]", InvalidField),
        new(Instance, "{config: {database: {default: x}}}", "spec.config[database]", ReservedField),
        new(Instance, "{config: {DEFAULT: {default: x}}}", "spec.config[DEFAULT]", ReservedField),
        new(Instance, "{config: {conveyor-database: {default: x}}}", "spec.config[conveyor-database]", ReservedField),
        new(Instance, "{config: {common: {multi_vo: 'False'}}}", "spec.config[common][multi_vo]", ReservedField),
        new(Instance, "{config: {policy: {package-sky: mine}}}", "spec.config[policy][package-sky]", ReservedField),
        new(Instance, "{config: {conveyor: {usercert: /x}}}", "spec.config[conveyor][usercert]", ReservedField),
        new(Instance, "{config: {reaper: {Nb_Workers: '2'}}}", "spec.config[reaper][Nb_Workers]", InvalidField),
        new(Instance, "{config: {'rea]per': {x: '2'}}}", "spec.config[rea]per]", InvalidField),
        new(Instance, "{config: {reaper: {x: \"1\\n[database]\"}}}", "spec.config[reaper][x]", InvalidField),
        new(Instance, "{tenancy: {allowedNamespaces: {from: Selector}}}", "spec.tenancy.allowedNamespaces.matchLabels", MissingField),
        new(Instance, "{tenancy: {allowedNamespaces: {matchLabels: {a: b}}}}", "spec.tenancy.allowedNamespaces.matchLabels", InvalidField),
        new(Instance, "{tenancy: {vos: [{tag: toolong, namespace: x}]}}", "spec.tenancy.vos[0].tag", InvalidField),

        new(Vo, "{instanceRef: {name: ''}}", "spec.instanceRef.name", MissingField),
        new(Vo, "{tag: Sky}", "spec.tag", InvalidField),
        new(Vo, "{tag: 1ab}", "spec.tag", InvalidField),
        new(Vo, "{tag: skyy}", "spec.tag", InvalidField),
        new(Vo, "{email: nobody}", "spec.email", InvalidField),
        new(Vo, "{accounts: [{name: root}]}", "spec.accounts[0].name", ReservedField),
        new(Vo, "{accounts: [{name: super_root}]}", "spec.accounts[0].name", ReservedField),
        new(Vo, "{accounts: [{name: Ada}]}", "spec.accounts[0].name", InvalidField),
        new(Vo, "{accounts: [{name: a-name-of-twenty-six-letters}]}", "spec.accounts[0].name", InvalidField),
        new(Vo, "{accounts: [{name: ada, email: ada}]}", "spec.accounts[0].email", InvalidField),
        new(Vo, "{accounts: [{name: ada}, {name: ada}]}", "spec.accounts[1]", InvalidField),
        new(Vo, "{accounts: [{name: ada, identities: [{type: X509}]}]}", "spec.accounts[0].identities[0].type", NotSupportedYet),
        new(Vo, "{accounts: [{name: ada, identities: [{type: Oidc}]}]}", "spec.accounts[0].identities[0].type", NotSupportedYet),
        new(Vo, "{accounts: [{name: ada, identities: [{type: Ssh}]}]}", "spec.accounts[0].identities[0].type", NotSupportedYet),
        new(Vo, "{accounts: [{name: ada, identities: [{}, {}]}]}", "spec.accounts[0].identities", InvalidField),
        new(Vo, "{accounts: [{name: ada, quotas: [{rseExpression: 'A|B', bytes: 1Ti}]}]}", "spec.accounts[0].quotas[0].rseExpression", NotSupportedYet),
        new(Vo, "{accounts: [{name: ada, quotas: [{rseExpression: '*', bytes: much}]}]}", "spec.accounts[0].quotas[0].bytes", InvalidField),
        new(Vo, "{accounts: [{name: ada, quotas: [{rseExpression: '*', bytes: -1}]}]}", "spec.accounts[0].quotas[0].bytes", InvalidField),
        new(Vo, "{accounts: [{name: ada, quotas: [{rseExpression: '*', bytes: 9Ei}]}]}", "spec.accounts[0].quotas[0].bytes", InvalidField, InLoopOnly: true),
        new(Vo, "{scopes: [{name: mock}]}", "spec.scopes[0].name", ReservedField),
        new(Vo, "{scopes: [{name: 'a b'}]}", "spec.scopes[0].name", InvalidField),
        new(Vo, "{scopes: [{name: data, owner: nobody}]}", "spec.scopes[0].owner", InvalidField, InLoopOnly: true),
        new(Vo, "{distances: {policy: Star}}", "spec.distances.policy", NotSupportedYet),
        new(Vo, "{distances: {default: 0}}", "spec.distances.default", InvalidField),
        new(Vo, "{deletionPolicy: Offboard}", "spec.deletionPolicy", NotSupportedYet),

        new(Storage, "{voRef: {name: ''}}", "spec.voRef.name", MissingField),
        new(Storage, "{rse: sky_disk}", "spec.rse", InvalidField),
        new(Storage, "{rse: SKY__DISK}", "spec.rse", InvalidField),
        new(Storage, "{endpoints: [{url: 'gopher://host/x'}]}", "spec.endpoints[0].url", InvalidField),
        new(Storage, "{endpoints: [{url: 'davs://user:secret@host/x'}]}", "spec.endpoints[0].url", InvalidField),
        new(Storage, "{endpoints: [{url: 'davs://host/x?y'}]}", "spec.endpoints[0].url", InvalidField),
        new(Storage, "{endpoints: [{url: 'davs://host/x/../y'}]}", "spec.endpoints[0].url", InvalidField),
        new(Storage, "{endpoints: [{url: 'davs://host'}]}", "spec.endpoints[0].url", InvalidField),
        new(Storage, "{endpoints: [{url: 'davs:///x'}]}", "spec.endpoints[0].url", InvalidField),
        new(Storage, "{endpoints: [{url: 'file://host/x'}]}", "spec.endpoints[0].url", InvalidField, InLoopOnly: true),
        new(Storage, "{endpoints: [{url: 'davs://host:70000/x'}]}", "spec.endpoints[0].url", InvalidField, InLoopOnly: true),
        new(Storage, "{endpoints: [{url: 'davs://host/x/'}, {url: 'davs://host/x/'}]}", "spec.endpoints", InvalidField),
        new(Storage, "{endpoints: [{url: 'davs://host/x/'}, {url: 'davs://HOST:443/y/'}]}", "spec.endpoints[1]", InvalidField, InLoopOnly: true),
        new(Storage, "{endpoints: [{url: 'davs://host/x/', wan: {read: -1}}]}", "spec.endpoints[0].wan.read", InvalidField),
        new(Storage, "{attributes: {fts: x}}", "spec.attributes[fts]", ReservedField),
        new(Storage, "{attributes: {SKY_DISK: x}}", "spec.attributes[SKY_DISK]", ReservedField),
        new(Storage, "{attributes: {'a/b': x}}", "spec.attributes[a/b]", InvalidField),
        new(Storage, "{attributes: {site: ''}}", "spec.attributes[site]", InvalidField),
        new(Storage, "{minFreeSpace: unlimited}", "spec.minFreeSpace", InvalidField),
        new(Storage, "{fts: fts.example.org}", "spec.fts", InvalidField),
        new(Storage, "{deletionPolicy: Decommission}", "spec.deletionPolicy", NotSupportedYet),
    ];
}
