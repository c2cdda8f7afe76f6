namespace RucioOperator.Tests.Behaviour;

/// <summary>One thing a tenant may try against a neighbour, as manifests in its own namespace. Keep the list growing.</summary>
/// <param name="Name">What is tried.</param>
/// <param name="Manifests">In words of YAML: <c>$ME</c> is the tenant's namespace, <c>$TAG</c> its tag, <c>$INSTANCE</c> the shared instance, <c>$PLATFORM</c> its namespace, <c>$VICTIM</c> the neighbour's.</param>
/// <param name="Reason">Why it ends, as Ready or some condition of the last object says; null: the API refuses the manifest.</param>
/// <param name="Condition">Where that is told.</param>
public sealed record TenancyAttack(string Name, string Manifests, string? Reason, string Condition = "Ready")
{
    public override string ToString() => Name;

    private static string Vo(string spec, string tag = "$TAG", string instance = "$INSTANCE", string name = "vo", string metadata = "") =>
        $"{{apiVersion: rucio.cern.ch/v1alpha1, kind: VirtualOrganisation, metadata: {{name: {name}, namespace: $ME{metadata}}}, spec: {{instanceRef: {instance}, tag: {tag}{(spec == "" ? "" : $", {spec}")}}}}}";

    private static string Storage(string url, string rse = "MY_DISK", string vo = "vo", string more = "") =>
        $"{{apiVersion: rucio.cern.ch/v1alpha1, kind: StorageElement, metadata: {{name: disk, namespace: $ME}}, spec: {{voRef: {{name: {vo}}}, rse: {rse}, endpoints: [{{url: '{url}'}}]{more}}}}}";

    private static string Secret(string name, string ns = "$ME") =>
        $"{{apiVersion: v1, kind: Secret, metadata: {{name: {name}, namespace: {ns}, labels: {{app.kubernetes.io/managed-by: rucio-operator, app.kubernetes.io/name: rucio, rucio.cern.ch/instance: rucio, rucio.cern.ch/component: credentials}}}}, stringData: {{username: mallory, password: mallory-knows-this, account: root, vo: vic}}}}";

    private static string Both(params string[] documents) => string.Join("\n---\n", documents);

    private const string MyDisk = "davs://disk.$ME.example.org:443/mine/";

    public static IReadOnlyList<TenancyAttack> All { get; } =
    [
        // Another's VO
        new("the neighbour's tag", Vo("accounts: [{name: eve, identities: [{type: Userpass}]}]", tag: "vic"), "TagTaken"),
        new("Rucio's own VO", Vo("", tag: "def"), "InvalidField"),
        new("a tag that differs by its case alone", Vo("", tag: "VIC"), null),
        new("a tag with more behind it", Vo("", tag: "\"vic\\n\""), null),
        new("the neighbour's long name", Vo("longName: victim-survey"), "LongNameTaken"),
        new("the neighbour's tag as a long name", Vo("longName: vic"), null),
        new("a status that says the neighbour's VO is mine", Both(
            "{apiVersion: rucio.cern.ch/v1alpha1, kind: VirtualOrganisation, metadata: {name: vo, namespace: $ME}, spec: {instanceRef: $INSTANCE, tag: vic, suspend: true}, status: {tag: vic, conditions: [{type: CredentialsSafe, status: 'True', reason: AsDesired, message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}]}}",
            Storage(MyDisk, rse: "VIC_DISK")), "VirtualOrganisationNotReady"),
        new("Exclusive on the neighbour's root", Vo("rootMappings: Exclusive", tag: "vic"), "TagTaken"),

        // Another instance
        new("an instance that is closed to me", Vo("", instance: "{name: private, namespace: $PLATFORM}"), "NamespaceNotAllowed"),
        new("an instance in the neighbour's namespace", Vo("", instance: "{name: rucio, namespace: $VICTIM}"), "InstanceNotFound"),
        new("an instance by a path", Vo("", instance: "{name: rucio, namespace: '$VICTIM/../$PLATFORM'}"), null),
        new("an instance of mine without a database of mine", Both(
            "{apiVersion: rucio.cern.ch/v1alpha1, kind: RucioInstance, metadata: {name: rucio, namespace: $ME}, spec: {version: 41.0.0, database: {existing: {host: db.example.org, name: rucio, sslMode: Disable, credentialsSecretRef: {name: rucio-database}}}}}"), "SecretNotFound"),

        // Accounts
        new("account root", Vo("accounts: [{name: root, identities: [{type: Userpass}]}]"), "ReservedField"),
        new("account super_root", Vo("accounts: [{name: super_root, identities: [{type: Userpass}]}]"), "ReservedField"),
        new("an account of the neighbour's by its stored name", Vo("accounts: [{name: alice@vic}]"), null),
        new("an account that is a path", Vo("accounts: [{name: ../alice}]"), null),
        new("a scope of the neighbour's by its stored name", Vo("scopes: [{name: data@vic}]"), null),
        new("a scope for an account that isn't mine", Vo("scopes: [{name: data, owner: alice}]"), "OwnerMissing", "ScopesReady"),
        new("the scope that Rucio opens to everybody", Vo("scopes: [{name: mock}]"), "ReservedField"),

        // Secrets
        new("a password from the neighbour's Secret, by a path", Vo("accounts: [{name: eve, identities: [{type: Userpass, secretRef: {name: $VICTIM/alice}}]}]"), "SecretNotFound"),
        new("a password from a Secret of the neighbour's name", Vo("accounts: [{name: eve, identities: [{type: Userpass, secretRef: {name: alice}}]}]"), "SecretNotFound"),
        new("a password from the operator's Secret of its name", Vo("accounts: [{name: eve, identities: [{type: Userpass, secretRef: {name: rucio-super-root}}]}]"), "SecretNotFound"),
        new("a password from a Secret that bears the operator's labels", Both(Secret("rucio-super-root"), Vo("accounts: [{name: eve, identities: [{type: Userpass, secretRef: {name: rucio-super-root}}]}]")), "SecretReserved", "AccountsReady"),
        new("a Secret named like the operator's on the neighbour's root, with its labels", Both(Secret("rucio-vo-vic-root"), Vo("", tag: "vic")), "TagTaken"),
        new("a login Secret that is there already, for something else", Both(
            "{apiVersion: v1, kind: Secret, metadata: {name: vo-eve-login, namespace: $ME}, stringData: {username: shop, password: of-another-application}}",
            Vo("accounts: [{name: eve, identities: [{type: Userpass}]}]")), "NameTaken", "AccountsReady"),
        new("a login Secret of another VO of mine, by a name that comes out the same", Both(
            "{apiVersion: v1, kind: Secret, metadata: {name: a-b-c-login, namespace: $ME, labels: {app.kubernetes.io/managed-by: rucio-operator, rucio.cern.ch/instance: rucio, rucio.cern.ch/component: login}}, stringData: {username: b-c@$OTHER, account: b-c, vo: $OTHER, password: of-another-account}}",
            Vo("accounts: [{name: c, identities: [{type: Userpass}]}]", name: "a-b")), "NameTaken", "AccountsReady"),

        // Client configuration
        new("the neighbour's account as the one whose password is written down", Vo("clientConfig: {serviceAccount: {name: alice}}"), "InvalidField"),
        new("a ConfigMap of another application as mine, with the operator's labels", Both(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: shop, namespace: $ME, labels: {app.kubernetes.io/managed-by: rucio-operator}, annotations: {rucio.cern.ch/owner: VirtualOrganisation/$VICTIM/victim}}, data: {rucio.cfg: of another application}}",
            Vo("clientConfig: {configMapName: shop}")), "NameTaken", "ClientConfigReady"),

        // Storages
        new("a storage of the neighbour's VO", Storage(MyDisk, vo: "victim"), "VirtualOrganisationNotFound"),
        new("a storage by the name of the neighbour's", Both(Vo(""), Storage(MyDisk, rse: "VIC_DISK")), "Ready"),
        new("a storage on the neighbour's prefix", Both(Vo(""), Storage("davs://disk.victim.example.org:443/victim/")), "PrefixTaken"),
        new("a storage inside the neighbour's prefix", Both(Vo(""), Storage("davs://disk.victim.example.org:443/victim/sub/")), "PrefixTaken"),
        new("a storage around the neighbour's prefix", Both(Vo(""), Storage("davs://DISK.victim.example.org/")), "PrefixTaken"),
        new("a quota on the neighbour's storage", Both(Vo("accounts: [{name: eve, quotas: [{rseExpression: VIC_DISK, bytes: 1Ti}]}]")), "WaitingForStorage"),
        new("a quota on everybody's storages", Both(Vo("accounts: [{name: eve, quotas: [{rseExpression: '*', bytes: unlimited}]}]")), "Ready"),
        .. ((string[])["file:///opt/rucio/etc/", "davs://127.0.0.1/x/", "davs://127.1/x/", "davs://2130706433/x/", "davs://0x7f000001/x/", "davs://[::1]/x/", "davs://[::ffff:127.0.0.1]/x/", "davs://169.254.169.254/latest/", "davs://[fe80::1]/x/",
            "davs://10.96.0.1/x/", "davs://localhost/x/", "davs://kubernetes/x/", "davs://rucio-admin.rucio.svc/x/", "davs://rucio-admin.rucio.svc.cluster.local/x/", "davs://metadata.google.internal/x/"])
            .Select(url => new TenancyAttack($"a storage at {url}", Both(Vo(""), Storage(url)), "HostNotAllowed")),
        new("an FTS that the instance doesn't offer", Both(Vo(""), Storage(MyDisk, more: ", fts: 'https://fts.mallory.example.org:8446'")), "FtsNotOffered"),

        // Levers that are the platform engineer's
        new("a policy package that is not offered to me", Vo("policyPackageName: evil"), "PolicyPackageNotOffered", "PolicyReady"),
        new("people of an issuer that is not offered to me", Vo("membership: {issuer: iam, groups: [{name: victims}]}"), "IssuerNotOffered", "MembershipSynced"),
        new("a rotation of everybody's roots", Vo("", metadata: ", annotations: {rucio.cern.ch/rotate-root-credential: now, rucio.cern.ch/take-over-catalogue: x, rucio.cern.ch/confirm-delete: rucio}"), "Ready"),
        new("labels of the operator's objects on mine", Both(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: rucio-policy, namespace: $ME, labels: {app.kubernetes.io/managed-by: rucio-operator, rucio.cern.ch/instance: rucio, rucio.cern.ch/component: policy}}, data: {permission.py: 'def has_permission(*a): return True'}}",
            Vo("", metadata: ", labels: {app.kubernetes.io/managed-by: rucio-operator, rucio.cern.ch/instance: rucio}")), "Ready"),
    ];
}
