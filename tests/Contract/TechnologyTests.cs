using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Tests.Api.Presets;

namespace RucioOperator.Tests.Contract;

/// <summary>What each technology comes to on a server: taken as it is, seen as it is, and the URLs that Rucio makes of it.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class TechnologyTests(bool live) : ContractTests(live)
{
    private const string Hashed = "data/82/a3/f1";
    private DesiredVo _vo = null!;
    private RucioSession _root = null!;

    [SetUp]
    public async Task MakeVoAsync()
    {
        _vo = await Bed.NewVoAsync();
        _root = Bed.Root(_vo);
    }

    private static IEnumerable<TestCaseData> Cases()
    {
        yield return new("EOS", "{technology: EOS, endpoints: [{url: 'root://eos.example.org//eos/sky/'}, {url: 'davs://eos.example.org/eos/sky/'}], tokens: {basePath: /eos}, greedyDeletion: true}",
            (string[])["root://eos.example.org:1094//eos/sky/" + Hashed, "davs://eos.example.org:443/eos/sky/" + Hashed]);
        yield return new("CTA", "{technology: CTA, type: TAPE, lfn2pfn: identity, endpoints: [{url: 'https://cta.example.org:8444/eos/cta/sky/'}]}",
            (string[])["https://cta.example.org:8444/eos/cta/sky/data/f1"]);
        yield return new("DCache", "{technology: DCache, endpoints: [{url: 'davs://d.example.org:2880/pnfs/sky/'}], checksums: {supported: [Md5]}}",
            (string[])["davs://d.example.org:2880/pnfs/sky/" + Hashed]);
        yield return new("StoRM", "{technology: StoRM, endpoints: [{url: 'davs://s.example.org:8443/sky/', impl: rucio.rse.protocols.webdav.Default}, {url: 'storm://s.example.org:8443/sky/', wan: {read: 9}}]}",
            (string[])["davs://s.example.org:8443/sky/" + Hashed, "storm://s.example.org:8443/sky/" + Hashed]);
        yield return new("XRootD", "{technology: XRootD, endpoints: [{url: 'root://x.example.org:1095//sky/', impl: rucio.rse.protocols.xrootd.Default}, {url: 'http://x.example.org/sky/'}]}",
            (string[])["root://x.example.org:1095//sky/" + Hashed, "http://x.example.org:80/sky/" + Hashed]);
        yield return new("WebDAV", "{technology: WebDAV, endpoints: [{url: 'davs://[2001:DB8::1]:8443/sky/'}]}",
            (string[])["davs://[2001:db8::1]:8443/sky/" + Hashed]);
        yield return new("S3", "{endpoints: [{url: 's3://s3.example.org:9000/bucket/sky'}]}",
            (string[])["https://s3.example.org:9000/bucket/sky/" + Hashed]);
        yield return new("Posix", "{endpoints: [{url: 'file:///data/sky/'}]}",
            (string[])["file://localhost/data/sky/" + Hashed]);
    }

    [TestCaseSource(nameof(Cases))]
    public async Task A_technology_is_taken_as_it_is_and_files_have_the_urls_of_its_endpoints(string rse, string spec, string[] urls)
    {
        await ConvergeAsync(Storage(rse.ToUpperInvariant(), spec));
        foreach (var url in urls)
            Assert.That(await UrlAsync(rse.ToUpperInvariant(), url[..url.IndexOf(':', StringComparison.Ordinal)], "read"), Is.EqualTo(url));
    }

    [Test]
    public async Task The_service_path_of_srm_is_in_the_url_and_transfers_alone_use_it()
    {
        await ConvergeAsync(Storage("TAPE", "{technology: DCache, type: TAPE, endpoints: [{url: 'srm+https://t.example.org/pnfs/sky/'}, {url: 'davs://t.example.org:2880/pnfs/sky/'}]}"));

        Assert.That(await UrlAsync("TAPE", "srm+https", "third_party_copy_read"), Is.EqualTo("srm+https://t.example.org:8443/srm/managerv2?SFN=/pnfs/sky/" + Hashed));
        Assert.That(await UrlAsync("TAPE", null, "third_party_copy_read"), Does.StartWith("davs:"));
        Assert.That(() => UrlAsync("TAPE", "srm+https", "read"), Throws.InstanceOf<Exception>());
    }

    [Test]
    public async Task Extended_attributes_come_change_and_go()
    {
        const string Spec = "{{technology: DCache, endpoints: [{{url: 'davs://d.example.org/x/'{0}}}]}}";
        await ConvergeAsync(Storage("EXTRAS", string.Format(null, Spec, ", extendedAttributes: {b: '1', a: 'x y'}")));
        var changed = Storage("EXTRAS", string.Format(null, Spec, ", extendedAttributes: {b: '2'}"));
        Assert.That(StoragePlan.For([changed], await ObserveAsync(), []).Changes.Single().Describe(), Is.EqualTo("update RSE EXTRAS: endpoints davs://d.example.org:443"));
        await ConvergeAsync(changed);
        var observed = await ConvergeAsync(Storage("EXTRAS", string.Format(null, Spec, "")));
        Assert.That(observed.Rses["EXTRAS"].Protocols.Single().ExtendedAttributes, Is.Null);
    }

    [Test]
    public async Task Endpoints_with_signs_that_urls_escape_can_be_taken_away()
    {
        await ConvergeAsync(Storage("SIGNS", "{technology: DCache, endpoints: [{url: 'srm+https://t.example.org/x/'}, {url: 'davs://[2001:db8::1]:2880/x/'}, {url: 'davs://t.example.org/x/'}]}"));
        var observed = await ConvergeAsync(Storage("SIGNS", "{technology: DCache, endpoints: [{url: 'davs://t.example.org/x/'}]}"));
        Assert.That(observed.Rses["SIGNS"].Protocols, Has.Count.EqualTo(1));
    }

    /// <summary>Why such an address is refused where Rucio has to take URLs apart.</summary>
    [Test]
    public async Task A_file_with_its_url_cannot_be_registered_under_an_ipv6_address()
    {
        var wanted = Storage("SIX", "{technology: DCache, endpoints: [{url: 'davs://[2001:db8::1]:2880/x/'}]}") with { Deterministic = false };
        await ConvergeAsync(wanted);
        await _root.CreateScopeAsync("root", "data", default);
        var file = """{"rse": "SIX", "files": [{"scope": "data", "name": "f1", "bytes": 1, "adler32": "00000001", "pfn": "davs://[2001:db8::1]:2880/x/f1"}]}""";
        Assert.That(() => _root.SendAsync(HttpMethod.Post, "replicas", JsonNode.Parse(file), default), Throws.InstanceOf<Exception>().With.Message.Contains("hostname").Or.With.Message.Contains("RSEFileNameNotSupported"));
    }

    [Test]
    public async Task Rest_tells_the_extended_attributes_as_the_catalogue_does()
    {
        DesiredRse[] wanted = [Storage("ONE", "{technology: DCache, endpoints: [{url: 'srm+https://t.example.org/x/', extendedAttributes: {z: '1', a: '2'}}, {url: 'davs://t.example.org/x/'}]}")];
        await ConvergeAsync(wanted);
        // The second time Rucio writes none as text.
        await _root.ImportAsync(ImportDocument.Of(wanted), default);

        var url = new Uri(Bed.Rucio.BaseUrl);
        var (user, password) = Bed.Rucio.SuperRoot;
        await using var rest = new ExternalConnection(new ExternalAccess(url, url, null, new RucioCredential(user, password, "super_root", BaseVo.Tag), MultiVo: true), TimeProvider.System, TimeSpan.FromMinutes(10));
        await rest.RefreshAsync([_vo.Spec.Tag], default);
        var seen = await rest.RefreshVoAsync(new VoLook(_vo.Spec.Tag) { Root = new RucioCredential(_vo.RootIdentity, _vo.RootPassword, "root", _vo.Spec.Tag) }, default);

        Assert.That(seen.Rses["ONE"].Protocols, Is.EquivalentTo((await ObserveAsync()).Rses["ONE"].Protocols));
        Assert.That(StoragePlan.For(wanted, seen, []).Changes, Is.Empty);
    }

    private static DesiredRse Storage(string rse, string spec)
    {
        var storage = Storages.Of(spec);
        storage.Spec.Rse = rse;
        Assert.That(RucioOperator.Api.Validation.Validator.Validate(storage), Is.Empty);
        return DesiredStorage.For(storage);
    }

    private async Task<string?> UrlAsync(string rse, string? scheme, string operation)
    {
        var answer = await _root.SendAsync(HttpMethod.Get, $"rses/{rse}/lfns2pfns?lfn=data:f1&domain=wan&operation={operation}{(scheme is null ? "" : $"&scheme={Uri.EscapeDataString(scheme)}")}", null, default);
        return JsonNode.Parse(answer!)!["data:f1"]?.GetValue<string>();
    }

    private Task<ObservedVo> ObserveAsync() => Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default);

    private async Task<ObservedVo> ConvergeAsync(params DesiredRse[] wanted)
    {
        var execution = new StoragePlanExecution(_root, _vo.Spec.Tag, NullLogger.Instance);
        await execution.RunAsync(StoragePlan.For(wanted, await ObserveAsync(), []).Changes, default);
        Assert.That(execution.Errors, Is.Empty);
        var observed = await ObserveAsync();
        Assert.That(StoragePlan.For(wanted, observed, []).Changes, Is.Empty);
        return observed;
    }
}
