using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Behaviour;

/// <summary>
/// Reads along at the API who holds the Lease and who writes. A process leads from the moment its claim is stored until its release or the
/// next one's claim is; each of its writes must begin and take effect in between.
/// </summary>
internal sealed partial class OneWriter
{
    private readonly ConcurrentQueue<string> _offences = new();
    private readonly ConcurrentDictionary<string, int> _writes = new();
    private readonly ConcurrentQueue<string> _leaders = new();
    private readonly IKubeStore _store;
    private readonly string _ns;
    private volatile string _leader = "";

    private OneWriter(KubeApiServer api, string ns, Func<ApiRequest, Task> delay)
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
    }

    /// <param name="delay">Between a request's arrival and its effect.</param>
    public static OneWriter Watch(KubeApiServer api, string leaseNamespace, Func<ApiRequest, Task>? delay = null) => new(api, leaseNamespace, delay ?? (_ => Task.CompletedTask));

    public string Leader => _leader;

    /// <summary>In order; each term once.</summary>
    public IReadOnlyList<string> Leaders => [.. _leaders];

    public int WritesOf(string identity) => _writes.GetValueOrDefault(identity);

    public void AssertNoOtherWrote()
    {
        Assert.That(_offences, Is.Empty);
        Assert.That(_leaders, Is.Not.Empty);
    }

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
