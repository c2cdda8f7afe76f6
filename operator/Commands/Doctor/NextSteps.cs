using RucioOperator.Api.Validation;
using RucioOperator.Catalogue;
using RucioOperator.Controllers;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Status;

namespace RucioOperator.Commands.Doctor;

/// <summary>What a person does about it. Conditions don't say more than their message; a doctor does.</summary>
public static class NextSteps
{
    private const string InCluster = "run it in the cluster: kubectl -n <operator's namespace> exec -i deploy/<operator> -- /app/rucio-operator doctor -f - < <file>";
    private const string Registration = "ask the administrators of that server to let this certificate in; they need the subject of check credential";
    private const string Reach = "see that the server runs, and that firewalls and network policies let connections through from where Rucio runs";
    private const string Renew = "ask the authority for a new certificate and put it into the Secret; the operator takes it up at once";
    private const string Bundle = "put the authority's certificate (PEM), and those above it, into a ConfigMap that spec.trust.caBundles of the RucioInstance names";
    private const string Clocks = "set the clocks right, best with NTP on both machines";
    private const string Url = "correct the URL, or ask the storage's administrators";

    private static readonly Dictionary<string, string> Steps = new()
    {
        [NotAtHandException.NoCluster] = "add it to the files, or run doctor with a kubeconfig",
        [NotAtHandException.Unsound] = "correct that manifest first, and run doctor again",
        [NotAtHandException.ToBeMade] = "apply the files, and run doctor again when it is there",
        [NotAtHandException.InsideTheCluster] = InCluster,
        ["KubernetesApiForbidden"] = "run doctor as somebody who may, or have it checked by the platform engineer",
        ["KubernetesApiUnavailable"] = "see that the cluster answers (kubectl version), and run doctor again",
        ["NoAnswer"] = Reach,

        [ValidationReasons.InvalidField] = "correct the field",
        [ValidationReasons.MissingField] = "add the field",
        ["SecretNotFound"] = "create the Secret in that namespace, or correct the field; if another tool makes it (External Secrets, Sealed Secrets, cert-manager), see what that one says",
        ["SecretKeyMissing"] = "add the missing entry to the Secret",
        ["SecretKeyInvalid"] = "correct the entry of the Secret",
        ["ConfigMapNotFound"] = "create the ConfigMap in that namespace, or correct the field",
        ["ConfigMapKeyMissing"] = "add the missing key to the ConfigMap, or correct the field",

        [DatabaseFault.HostNotFound] = "correct the host; a Service is named <service>.<namespace>.svc",
        [DatabaseFault.Unreachable] = "see that PostgreSQL listens on that address and port, and that firewalls and network policies let connections through",
        [DatabaseFault.CredentialsRejected] = "put the role's password into the Secret, or set it: ALTER ROLE <role> PASSWORD '<password>'; see pg_hba.conf, too",
        [DatabaseFault.TlsFailed] = "name the authority of the server's certificate in caSecretRef (key ca.crt), or correct sslMode",
        [DatabaseFault.PermissionDenied] = "have a superuser of the server grant what is missing",
        [DatabaseFault.NotFound] = "create the database, or correct its name",
        [DatabaseFault.Taken] = "choose another spec.database.provision.name; or, if that database is the one you want, use spec.database.existing",
        [DatabaseFault.Failed] = "look into PostgreSQL's log",

        [TransferCredential.CredentialInvalid] = "put certificate and key (PEM) as the authority gave them into the Secret; openssl pkcs12 takes a file for browsers apart",
        [TransferCredential.WrongPassphrase] = "correct the Secret's entry passphrase",
        [TransferCredential.KeyMismatch] = "put the key that belongs to this certificate into the Secret",
        [TransferCredential.CredentialExpired] = Renew,
        [TransferCredential.CredentialNotYetValid] = Clocks,
        [TransferCredential.HostCertificate] = "ask the authority for a robot or client certificate",
        [TransferCredential.NotTrusted] = Bundle,
        [TransferVerdict.CertificateExpiring] = Renew,

        [GridRefusedException.FtsRefused] = Registration,
        [GridRefusedException.FtsUnreachable] = Reach,
        [GridRefusedException.FtsNotTrusted] = Bundle,
        [GridRefusedException.VomsRefused] = "ask the administrators of the VO in VOMS or IAM to make this certificate a member, with the groups and roles of spec.transfers.voms",
        [GridRefusedException.VomsUnreachable] = Reach,
        [GridRefusedException.VomsNotTrusted] = Bundle,
        [GridRefusedException.DelegationRejected] = Registration,
        [Apply.Transfers.TransferFault.ClockSkew] = Clocks,
        [HostGuard.HostNotAllowed] = "have the platform engineer add the host to spec.tenancy.allowedHosts of the RucioInstance, or use a name of the storage that the world knows",
        [Controllers.VoStages.TransfersStage.FtsNotOffered] = "choose one of them, or have the platform engineer add yours to spec.transfers.ftsServers of the RucioInstance",

        ["InvalidCertificates"] = "keep only certificates of authorities and revocation lists, in PEM, in the bundle",
        ["NoAuthorities"] = Bundle,
        ["AuthorityExpired"] = "put the authority's present certificate into the bundle, and take the old one out",
        ["RevocationListExpired"] = "fetch the list anew (fetch-crl), or let the operator do it: spec.trust.crlRefresh",
        ["InvalidCertificate"] = "put the server's certificate (PEM) with its chain into tls.crt of the Secret",
        ["CertificatePending"] = "apply the files; cert-manager then issues it, and kubectl describe certificate says how far it is",

        ["IssuerUnreachable"] = "correct url, which is exactly the iss of the issuer's tokens; " + Reach,
        ["IssuerMismatch"] = "write url exactly as the issuer names itself, up to the last slash",
        ["IssuerIncomplete"] = "ask the issuer's administrators: its discovery document lacks what Rucio needs",
        ["AdminIssuerUnusable"] = "choose another adminIssuer, or leave it out: transfers then use certificates",

        [DatabaseFault.KindMissing] = "install that product in the cluster, or remove the field",
        ["ClassNotFound"] = "create the class, or name one of those there are",
        ["NoDefaultClass"] = "name a class in the field, or make one the cluster's default",
        ["ObjectNotFound"] = "create it, or correct the field",
        ["IssuerNotReady"] = "see kubectl describe of that issuer",

        [EndpointResult.NameUnknown] = Url,
        [EndpointResult.NoAnswer] = Url + "; " + Reach,
        [EndpointResult.TlsFailed] = Url,
        [EndpointResult.CertificateExpired] = "ask the server's administrators to renew its certificate",
        [EndpointResult.CertificateForOtherHost] = "use the name that the server's certificate has, or ask its administrators",
        [EndpointResult.CertificateUntrusted] = Bundle,
        [EndpointResult.OtherProtocol] = Url,
        [EndpointResult.ServerError] = "ask the storage's administrators",
        [EndpointResult.NotChecked] = "try it with a client where Rucio runs (curl, gfal-ls)",

        [Tenancy.InstanceNotFound] = "correct spec.instanceRef, or ask the platform engineer for the name and namespace of the Rucio",
        [Tenancy.NamespaceNotAllowed] = "ask the platform engineer to open the RucioInstance for this namespace (spec.tenancy.allowedNamespaces)",
        [Tenancy.LimitExceeded] = "ask the platform engineer for more, or remove some",
        [StorageGuards.VoNotFound] = "correct spec.voRef; a StorageElement lives in its VO's namespace",

        ["HostNotInDns"] = "add the name to the DNS, leading to the Ingress, Gateway or load balancer, once it has an address",
        ["HostUnreachable"] = Reach,
        ["UnlistedVersion"] = "go on if you know that release; the versions of a line that were tried are in operator/Releases",
        ["Embedded"] = "use cloudNativePG, or a database of your own, for what shall last",
        ["NotUtf8"] = "make the database with ENCODING 'UTF8' TEMPLATE template0",
        ["WorkedOnElsewhere"] = "stop the other operator first, or wait until its lease has run out",

        ["RucioUnavailable"] = Reach,
        ["ExternalTlsFailed"] = "put the authority of the server's certificate into ca.crt of spec.external.caSecretRef",
        ["ExternalCredentialsRejected"] = "correct username, password and account in the Secret",
    };

    /// <summary>Else what the reason means in a condition; null: the message says it all.</summary>
    public static string? Of(string reason) => Steps.GetValueOrDefault(reason) ?? ReasonGuide.For(reason)?.Replace("`", "", StringComparison.Ordinal);
}
