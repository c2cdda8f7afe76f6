using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.Behaviour;

/// <summary>
/// Reads along at the API who holds the Lease and who writes. A process leads from the moment its claim is stored until its release or the
/// next one's claim is; each of its writes must begin and take effect in between. What is changed in Rucio doesn't say who asked for it: it must
/// begin and take effect within one term.
/// </summary>
internal sealed partial class OneWriter
{
    private readonly ConcurrentQueue<string> _offences = new();
    private readonly ConcurrentDictionary<string, int> _writes = new();
    private readonly ConcurrentQueue<string> _leaders = new();
    private readonly ConcurrentDictionary<StandInRequest, string> _begun = new();
    private int _changesOfRucio;
    private readonly IKubeStore _store;
    private readonly string _ns;
    private volatile string _leader = "";

    private OneWriter(KubeApiServer api, StandInRucio rucio, string ns, Func<ApiRequest, Task> delay, Func<StandInRequest, Task> delayInRucio)
    {
        (_store, _ns) = (api.Store, ns);
        api.OnRequest = async request =>
        {
            Check(request, "sent");
            await delay(request);
        };
        api.OnResponse = request =>
        {
            Check(request, "took effect");
            Follow(request);
            return Task.CompletedTask;
        };
        rucio.OnRequest = async request =>
        {
            _begun[request] = Term;
            await delayInRucio(request);
        };
        rucio.OnResponse = request =>
        {
            if (request.Method == "GET" || !_begun.TryRemove(request, out var begun))
                return Task.CompletedTask;
            Interlocked.Increment(ref _changesOfRucio);
            if (Term is var ended && (begun != ended || _leader == ""))
                _offences.Enqueue($"{request.Method} {request.Path} at Rucio began in term {begun} and took effect in {ended}");
            return Task.CompletedTask;
        };
    }

    /// <param name="delay">Between a request's arrival and its effect.</param>
    public static OneWriter Watch(SandboxBed bed, string leaseNamespace, Func<ApiRequest, Task>? delay = null, Func<StandInRequest, Task>? delayInRucio = null) =>
        new(bed.Kubernetes, bed.Rucio, leaseNamespace, delay ?? (_ => Task.CompletedTask), delayInRucio ?? (_ => Task.CompletedTask));

    public string Leader => _leader;

    /// <summary>In order; each term once.</summary>
    public IReadOnlyList<string> Leaders => [.. _leaders];

    /// <summary>Changes that took effect there.</summary>
    public int ChangesOfRucio => Volatile.Read(ref _changesOfRucio);

    public int WritesOf(string identity) => _writes.GetValueOrDefault(identity);

    public IReadOnlyList<string> Offences => [.. _offences];

    public void AssertNoOtherWrote()
    {
        Assert.That(_offences, Is.Empty);
        Assert.That(_leaders, Is.Not.Empty);
    }

    private string Term => $"{_leaders.Count} of {(_leader == "" ? "nobody" : _leader)}";

    private void Check(ApiRequest request, string how)
    {
        if (!request.IsWrite || request.Resource == "leases" || Identity().Match(request.UserAgent) is not { Success: true } process)
            return;
        var writer = process.Groups[1].Value;
        _writes.AddOrUpdate(writer, 1, (_, count) => count + 1);
        if (_leader is var leader && leader != writer)
            _offences.Enqueue($"{request} of {writer} {how} while {(leader == "" ? "nobody" : leader)} led");
    }

    private void Follow(ApiRequest request)
    {
        if (request is not { Resource: "leases", IsWrite: true, Status: < 300 } || Identity().Match(request.UserAgent) is not { Success: true } process)
            return;
        // Only its holder can let it go; so another holder means that this was the release.
        var (writer, holder) = (process.Groups[1].Value, _store.List("leases.coordination.k8s.io", _ns).Select(lease => lease["spec"]!["holderIdentity"]?.GetValue<string>()).FirstOrDefault() ?? "");
        if (holder == writer && _leader != writer)
            _leaders.Enqueue(_leader = writer);
        else if (holder != writer && _leader == writer)
            _leader = "";
    }

    [GeneratedRegex(@"^rucio-operator/\S+ \((.+)\)$")]
    private static partial Regex Identity();
}
