using RucioOperator.Api;
using RucioOperator.Apply.Transfers;
using RucioOperator.Grid;
using RucioOperator.Planning;

namespace RucioOperator.Controllers;

/// <summary>Condition types of whoever has a transfer credential: of a VO and of an instance.</summary>
public static class TransferConditions
{
    /// <summary>Only with a transfer credential: a proxy of it is good for a while.</summary>
    public const string ProxyReady = nameof(ProxyReady);

    /// <summary>Only with <c>voms</c>: the server gave the groups and roles.</summary>
    public const string VomsReady = nameof(VomsReady);

    /// <summary>Only where there are FTS servers: they may move data in this name.</summary>
    public const string Delegated = nameof(Delegated);

    public static readonly IReadOnlyList<string> All = [ProxyReady, VomsReady, Delegated];
}

/// <param name="Status">Null: under way.</param>
/// <param name="IsNews">Worth an event when it is new.</param>
internal sealed record TransferCondition(string Type, bool? Status, string Reason, string Message, bool IsNews = false);

/// <summary>Pure: what is known of a holder's credential, proxy and delegations, in conditions and status. Ordered rules, the first that fits wins.</summary>
/// <param name="Wanted">Servers to delegate to.</param>
/// <param name="Attributes">Asked for; null: none.</param>
/// <param name="Before">As it was told last: true until something else is known.</param>
internal sealed record TransferVerdict(TransferCredentialReading Reading, IReadOnlyList<Uri> Wanted, VomsWish? Attributes, TransferState State, TransfersStatus? Before, DateTimeOffset Now)
{
    public const string CertificateExpiring = nameof(CertificateExpiring);
    public const string Delegating = nameof(Delegating);

    private const int ServersToldOf = 5;

    // What the CRDs take: a status that is too long would be refused as a whole.
    private const int MostDelegations = 32, MostFqans = 64, MostOfFqan = 255, MostOfDn = 2048, MostOfId = 64;

    /// <summary>A robot certificate is asked for at an authority: that takes days.</summary>
    private static readonly TimeSpan CertificateAlarm = TimeSpan.FromDays(14);

    private ClientCredential? Credential => Reading.Credential;

    private bool IsFollowed => Reading is { Credential: not null, Reason: null or TransferCredential.CredentialExpired };

    /// <summary>No proxy lives longer. Attributes that a long-lived proxy brought count where none are fetched.</summary>
    private DateTimeOffset? Ends => Attributes is null ? Credential?.NotAfter : Credential?.CertificateNotAfter;

    public IReadOnlyList<TransferCondition> Conditions =>
    [
        Proxy(),
        .. Attributes is null ? (TransferCondition[])[] : [Voms()],
        .. Servers.Count == 0 ? (TransferCondition[])[] : [Delegations()],
    ];

    /// <summary>When a failure that is only warned of becomes one; null: none is.</summary>
    public TimeSpan? LookAgainIn
    {
        get
        {
            DateTimeOffset?[] ends = [State.Fault is null ? null : ProxyUntil, .. Servers.Where(s => s.Fault is not null).Select(s => s.NotAfter)];
            return ends.Where(e => e - Renewal.Alarm > Now).Min() is { } first ? first - Renewal.Alarm - Now : null;
        }
    }

    public TransfersStatus Status
    {
        get
        {
            FormerDelegation[] current = [.. Servers.Where(s => s.Id is not null).Select(s => new FormerDelegation(s.Server, s.Id!, s.Dn ?? "", s.Fqans, s.NotAfter))];
            return new()
            {
                Subject = Cut(Credential?.Dn, MostOfDn) ?? Before?.Subject,
                Issuer = Cut(Credential?.Issuer, MostOfDn) ?? Before?.Issuer,
                CertificateNotAfter = Credential is { } c ? c.NotAfter.UtcDateTime : Before?.CertificateNotAfter,
                ProxyNotAfter = ProxyUntil?.UtcDateTime,
                Fqans = State.Proxy is { Fqans: { Count: > 0 } fqans } ? Cut(fqans) : State.Proxy is null && ProxyUntil is not null ? Before?.Fqans : null,
                DelegatedUntil = Servers.Select(s => s.NotAfter).Min()?.UtcDateTime,
                // Without a credential to follow nobody takes anything back for now: what was still to leave is there as before.
                Delegations = Listed([.. current.Concat(State.Leaving.Select(l => l.Former)).Select(Of), .. IsFollowed ? [] : Before?.Delegations ?? []]),
            };
        }
    }

    /// <summary>Before the first one was made or found again, the one of before the restart.</summary>
    private DateTimeOffset? ProxyUntil => State.Proxy?.NotAfter ?? (Before?.ProxyNotAfter is { } before && before > Now.UtcDateTime ? new DateTimeOffset(DateTime.SpecifyKind(before, DateTimeKind.Utc)) : null);

    /// <summary>Of the wish, as they are known now or were before.</summary>
    private IReadOnlyList<Delegation> Servers => [.. Wanted.Select(server => State.Delegations.FirstOrDefault(d => d.Server == server) is { } known && (known.IsKnown || Former(server) is null)
        ? known
        : Former(server) is { } before ? before with { Fault = State.Delegations.FirstOrDefault(d => d.Server == server)?.Fault } : new Delegation(server, false, null, null, [], null, null))];

    /// <summary>A server may hold two: what is to be taken back is not what counts there.</summary>
    private Delegation? Former(Uri server) => Before?.Delegations?
        .Where(d => d.Server == Text(server) && !State.Leaving.Any(l => l.Former.Server == server && l.Former.Id == d.Id))
        .OrderByDescending(d => d.Id == State.Delegations.FirstOrDefault(k => k.Server == server)?.Id)
        .ThenByDescending(d => d.Dn == Cut(Credential?.Dn, MostOfDn))
        .FirstOrDefault() is { } d
        ? new(server, true, d.Id, d.Dn, d.Fqans ?? [], d.NotAfter is { } until ? new DateTimeOffset(DateTime.SpecifyKind(until, DateTimeKind.Utc)) : null, null)
        : null;

    private TransferCondition Proxy()
    {
        const string type = TransferConditions.ProxyReady;
        if (Reading.Reason is { } reason)
        {
            return new(type, false, reason, Reading.Message!, IsNews: true);
        }
        var fault = State.Fault?.Step == TransferFault.ProxyStep ? State.Fault : null;
        var certificate = $"the certificate of {Credential!.Dn} until {Credential.NotAfter:u}";
        return ProxyUntil switch
        {
            null when fault is not null => new(type, false, fault.Reason, fault.Message, IsNews: true),
            null when State.Fault is { } voms => new(type, false, "WaitingForVoms", $"no proxy without its attributes: see {TransferConditions.VomsReady} ({voms.Reason})"),
            null when Ends <= Now => new(type, false, TransferCredential.CredentialExpired, $"What {Credential.Dn} brings ended at {Ends:u}{(Credential.CertificateNotAfter > Now ? ", with its VOMS attributes" : "")}: put a new one into the Secret", IsNews: true),
            null => new(type, null, "Making", $"A proxy of {certificate} is being made"),
            { } until when fault is not null && until - Now <= Renewal.Alarm => new(type, false, fault.Reason, $"The proxy ends at {until:u}; {Failing(fault)}", IsNews: true),
            { } until when fault is not null => new(type, true, fault.Reason, $"The proxy is good until {until:u}; {Failing(fault)}", IsNews: true),
            { } until when Credential.NotAfter - Now < CertificateAlarm => new(type, true, CertificateExpiring, $"Proxy until {until:u}, {certificate}: put a new one into the Secret", IsNews: true),
            { } until => new(type, true, "Valid", $"Proxy until {until:u}, {certificate}"),
        };
    }

    private TransferCondition Voms()
    {
        const string type = TransferConditions.VomsReady;
        var fault = State.Fault?.Step == TransferFault.VomsStep ? State.Fault : null;
        var given = State.Proxy?.Fqans ?? Before?.Fqans ?? [];
        return ProxyUntil switch
        {
            null when fault is not null => new(type, false, fault.Reason, fault.Message, IsNews: true),
            null when Reading.Reason is { } reason => new(type, false, reason, $"see {TransferConditions.ProxyReady}"),
            null => new(type, null, "Asking", $"{Attributes!.Server.Host} is being asked"),
            { } until when fault is not null && until - Now <= Renewal.Alarm => new(type, false, fault.Reason, $"The attributes end at {until:u}; {Failing(fault)}", IsNews: true),
            { } until when fault is not null => new(type, true, fault.Reason, $"The attributes are good until {until:u}; {Failing(fault)}", IsNews: true),
            { } until => new(type, true, "Given", $"{string.Join(", ", given.Take(ServersToldOf))} by {Attributes!.Server.Host} until {until:u}"),
        };
    }

    private TransferCondition Delegations()
    {
        const string type = TransferConditions.Delegated;
        var told = string.Join("; ", Servers.OrderByDescending(IsBad).ThenBy(s => s.Fault is null).Take(ServersToldOf).Select(Words)) + (Servers.Count > ServersToldOf ? $"; and {Servers.Count - ServersToldOf} more" : "")
            + string.Concat(State.Leaving.Where(l => l.Fault is not null).Select(l => $"; {Text(l.Former.Server)} is to forget {l.Former.Dn}: {l.Fault!.Message}"));
        return Servers switch
        {
            _ when Servers.FirstOrDefault(IsBad) is { } bad => new(type, false, bad.Fault?.Reason ?? Reading.Reason ?? State.Fault?.Reason ?? (Credential?.NotAfter - Now <= Renewal.Alarm ? TransferCredential.CredentialExpired : "Expiring"), told, IsNews: true),
            _ when Servers.Any(s => s.NotAfter is null) => Reading.Reason is { } reason
                ? new(type, false, reason, $"see {TransferConditions.ProxyReady}")
                : State.Proxy is null && State.Fault is { } noProxy ? new(type, false, noProxy.Reason, $"nothing to delegate without a proxy: see {(noProxy.Step == TransferFault.VomsStep ? TransferConditions.VomsReady : TransferConditions.ProxyReady)}")
                : new(type, null, Delegating, told),
            _ when Servers.FirstOrDefault(s => s.Fault is not null) is { } failing => new(type, true, failing.Fault!.Reason, told, IsNews: true),
            _ when State.Leaving.FirstOrDefault(l => l.Fault is not null) is { } leaving => new(type, true, leaving.Fault!.Reason, told, IsNews: true),
            _ => new(type, true, TransferConditions.Delegated, told),
        };
    }

    /// <summary>Nothing can be submitted there, or soon not any more.</summary>
    private bool IsBad(Delegation server) => server.NotAfter is { } until ? until - Now <= Renewal.Alarm : server.Fault is not null;

    private static string Words(Delegation d) => (d.NotAfter, d.Fault) switch
    {
        (null, null) => $"{Text(d.Server)} is being asked",
        (null, { } fault) => $"{Text(d.Server)}: {fault.Message}",
        ({ } until, { } fault) => $"{Text(d.Server)} until {until:u}, {Failing(fault)}",
        ({ } until, null) => $"{Text(d.Server)} until {until:u} as {d.Dn}{(d.Fqans.Count > 0 ? $" with {string.Join(", ", d.Fqans.Take(ServersToldOf))}" : "")}",
    };

    private static string Failing(TransferFault fault) => $"{(fault.Reason == TransferFault.ClockSkew ? "but" : "renewal fails")} since {fault.Since:u}: {fault.Message}";

    private static DelegationStatus Of(FormerDelegation d) => new() { Server = Text(d.Server), Id = d.Id, Dn = Cut(d.Dn, MostOfDn) ?? "", Fqans = d.Fqans.Count == 0 ? null : Cut(d.Fqans), NotAfter = d.NotAfter?.UtcDateTime };

    /// <summary>What is left to take back, as a status takes it; null: nothing.</summary>
    public static IReadOnlyList<DelegationStatus>? Listed(IEnumerable<LeavingDelegation> left) => Listed(left.Select(l => Of(l.Former)));

    /// <summary>One for each pair of server and id, the first that comes. A cut id would be another's.</summary>
    private static IReadOnlyList<DelegationStatus>? Listed(IEnumerable<DelegationStatus> held)
    {
        List<DelegationStatus> listed = [.. held.Where(d => d.Id.Length <= MostOfId).DistinctBy(d => (d.Server, d.Id)).Take(MostDelegations)];
        return listed.Count == 0 ? null : listed;
    }

    private static IReadOnlyList<string> Cut(IReadOnlyList<string> fqans) => [.. fqans.Take(MostFqans).Select(f => Cut(f, MostOfFqan)!)];

    private static string? Cut(string? text, int most) => text is null || text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1)] + "…";

    /// <summary>As platform engineers write it.</summary>
    public static string Text(Uri server) => server.AbsoluteUri.TrimEnd('/');
}
