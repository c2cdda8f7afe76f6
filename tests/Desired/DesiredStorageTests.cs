using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.RucioApi;
using RucioOperator.Tests.Api.Presets;

namespace RucioOperator.Tests.Desired;

public sealed class DesiredStorageTests
{
    [Test]
    public void Endpoints_are_tried_in_the_order_of_the_list_and_transfers_prefer_webdav()
    {
        var rse = DesiredStorage.For(Storages.Of("{technology: DCache, endpoints: [{url: 'root://h//x/'}, {url: 'srm+https://h/x/'}, {url: 'davs://h/x/'}]}"));

        var priorities = rse.Protocols.Select(p => p.Priorities).ToList();
        Assert.That(priorities.Select(p => p.LanRead), Is.EqualTo(new int?[] { 1, null, 3 }));
        Assert.That(priorities.Select(p => p.WanDelete), Is.EqualTo(new int?[] { 1, null, 3 }));
        Assert.That(priorities.Select(p => p.ThirdPartyCopyRead), Is.EqualTo(new int?[] { 3, 2, 1 }));
        Assert.That(priorities.Select(p => p.ThirdPartyCopyWrite), Is.EqualTo(new int?[] { 3, 2, 1 }));
    }

    [Test]
    public void Written_priorities_stay_and_the_others_step_past_them()
    {
        var rse = DesiredStorage.For(Storages.Of("{technology: EOS, endpoints: [{url: 'davs://h/x/'}, {url: 'https://h/x/', wan: {read: 1, thirdPartyCopyRead: 0}}, {url: 'root://h//x/', lan: {read: 1}}]}"));

        var priorities = rse.Protocols.Select(p => p.Priorities).ToList();
        Assert.That(priorities.Select(p => p.WanRead), Is.EqualTo(new int?[] { 2, 1, 3 }));
        Assert.That(priorities.Select(p => p.WanWrite), Is.EqualTo(new int?[] { 1, null, 3 }));
        Assert.That(priorities.Select(p => p.LanRead), Is.EqualTo(new int?[] { 2, 3, 1 }));
        Assert.That(priorities.Select(p => p.LanWrite), Is.EqualTo(new int?[] { 1, 2, null }));
        Assert.That(priorities.Select(p => p.ThirdPartyCopyRead), Is.EqualTo(new int?[] { 1, 0, 2 }));
    }

    [Test]
    public void A_bucket_is_reached_over_https_with_signed_urls()
    {
        var rse = DesiredStorage.For(Storages.Of("{endpoints: [{url: 's3://s3.example.org:9000/bucket/sky/'}], attributes: {strict_copy: 'false'}}"));

        Assert.That(rse.Protocols.Single(), Has.Property("Scheme").EqualTo("https").And.Property("Hostname").EqualTo("s3.example.org").And.Property("Port").EqualTo(9000)
            .And.Property("Prefix").EqualTo("/bucket/sky/").And.Property("Impl").EqualTo("rucio.rse.protocols.gfal.NoRename"));
        Assert.That(rse.Attributes, Is.EquivalentTo(new Dictionary<string, string> { ["s3_url_style"] = "path", ["sign_url"] = "s3", ["skip_upload_stat"] = "true", ["strict_copy"] = "false", ["verify_checksum"] = "false" }));
    }

    [Test]
    public void Tape_waits_a_day_for_its_copies_unless_told_otherwise()
    {
        Assert.That(DesiredStorage.For(Storages.Of("{technology: CTA, type: TAPE}")).Attributes["archive_timeout"], Is.EqualTo("86400"));
        Assert.That(DesiredStorage.For(Storages.Of("{technology: CTA, type: TAPE, attributes: {archive_timeout: '60'}}")).Attributes["archive_timeout"], Is.EqualTo("60"));
        Assert.That(DesiredStorage.For(Storages.Of("{technology: DCache}")).Attributes, Does.Not.ContainKey("archive_timeout"));
    }

    [Test]
    public void Fields_win_over_the_preset_and_become_what_rucio_reads()
    {
        var rse = DesiredStorage.For(Storages.Of("{technology: EOS, endpoints: [{url: 'davs://h/eos/x/'}], tokens: {basePath: /eos}, checksums: {supported: [Md5, Adler32]}, lfn2pfn: identity, greedyDeletion: true}"));

        Assert.That(rse.Attributes, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["greedyDeletion"] = "true",
            ["lfn2pfn_algorithm"] = "identity",
            ["oidc_base_path"] = "/eos",
            ["oidc_support"] = "true",
            ["supported_checksums"] = "md5,adler32",
            ["verify_checksum"] = "true",
        }));
    }

    [TestCase("{endpoints: [{url: 'davs://h/x/'}]}", null)]
    [TestCase("{technology: WebDAV, endpoints: [{url: 'davs://h/x/'}]}", "false")]
    [TestCase("{technology: WebDAV, endpoints: [{url: 'davs://h/x/'}], checksums: {}}", "true")]
    [TestCase("{endpoints: [{url: 's3://h/x/'}]}", "false")]
    public void Nobody_loses_the_comparison_of_checksums_by_saying_nothing(string spec, string? expected) =>
        Assert.That(DesiredStorage.For(Storages.Of(spec)).Attributes.GetValueOrDefault("verify_checksum"), Is.EqualTo(expected));

    [TestCase("srm+https://h/x/", "{}", "{\"web_service_path\":\"/srm/managerv2?SFN=\"}")]
    [TestCase("srm+https://h/srm/v2/server?SFN=/x/", "{}", "{\"web_service_path\":\"/srm/v2/server?SFN=\"}")]
    [TestCase("srm+https://h/x/", "{web_service_path: '/srm/managerv1?SFN=', a: b}", "{\"a\":\"b\",\"web_service_path\":\"/srm/managerv1?SFN=\"}")]
    [TestCase("davs://h/x/", "{}", null)]
    public void Extended_attributes_come_from_the_technology_the_url_and_the_spec(string url, string extras, string? expected)
    {
        var protocol = DesiredStorage.For(Storages.Of($"{{technology: DCache, endpoints: [{{url: '{url}', extendedAttributes: {extras}}}]}}")).Protocols.Single();

        Assert.That(protocol.ExtendedAttributes is { } found ? System.Text.Json.Nodes.JsonNode.Parse(found)?.ToJsonString() : null, Is.EqualTo(expected is null ? null : System.Text.Json.Nodes.JsonNode.Parse(expected)!.ToJsonString()));
        Assert.That(protocol.Prefix, Is.EqualTo("/x/"));
        var sent = ImportDocument.Of((RucioOperator.Planning.DesiredRse[])[new("A") { Protocols = [protocol] }])["rses"]!["A"]!["protocols"]![0]!["extended_attributes"];
        Assert.That(ExtendedAttributes.Read(sent?.ToJsonString()), Is.EqualTo(protocol.ExtendedAttributes));
    }

    [TestCase(null, null)]
    [TestCase("null", null)]
    [TestCase("{}", null)]
    [TestCase("", null)]
    [TestCase("{\"b\": \"1\", \"a\": 2}", "{\"a\":2,\"b\":\"1\"}")]
    [TestCase("no json", "no json")]
    public void What_means_the_same_in_the_catalogue_is_the_same_text(string? column, string? expected) => Assert.That(ExtendedAttributes.Read(column), Is.EqualTo(expected));

    [Test]
    public void Status_tells_all_that_came_of_it_and_what_the_preset_brought()
    {
        var storage = Storages.Of("{technology: S3, endpoints: [{url: 's3://h/b/'}], attributes: {site: CERN, s3_url_style: host}, availability: {write: false}, minFreeSpace: 1Ki}");

        var effective = DesiredStorage.Effective(storage, DesiredStorage.For(storage));

        Assert.That(effective.Technology, Is.EqualTo(StorageTechnology.S3));
        Assert.That(effective.Attributes!.Keys, Is.EqualTo(new[] { "s3_url_style", "sign_url", "site", "skip_upload_stat", "strict_copy", "verify_checksum" }));
        Assert.That(effective.PresetAttributes, Is.EqualTo(new[] { "sign_url", "skip_upload_stat", "strict_copy", "verify_checksum" }));
        Assert.That((effective.Availability, effective.MinFreeSpace), Is.EqualTo((new AvailabilitySpec { Write = false }, 1024L)));
        Assert.That(effective.Protocols!.Single(), Is.EqualTo(new EffectiveProtocol
        {
            Url = "https://h:443/b/",
            Impl = "rucio.rse.protocols.gfal.NoRename",
            Lan = new() { Read = 1, Write = 1, Delete = 1 },
            Wan = new() { Read = 1, Write = 1, Delete = 1, ThirdPartyCopyRead = 1, ThirdPartyCopyWrite = 1 },
        }));
    }

    [TestCase("{endpoints: [{url: 'davs://h/x/'}]}", "true")]
    [TestCase("{endpoints: [{url: 'root://h//x/'}, {url: 'davs://h/x/'}]}", "true")]
    [TestCase("{endpoints: [{url: 'davs://h/x/'}], tokens: {enabled: false}}", "false")]
    [TestCase("{endpoints: [{url: 'root://h//x/'}]}", null)]
    [TestCase("{technology: CTA, type: TAPE, endpoints: [{url: 'davs://h/x/'}]}", null)]
    public void Where_a_VO_wants_tokens_a_storage_gets_them_that_can_have_them_and_does_not_say_otherwise(string spec, string? expected)
    {
        var storage = Storages.Of(spec);
        Assert.That(DesiredStorage.For(storage, new(null, Tokens: true)).Attributes.GetValueOrDefault("oidc_support"), Is.EqualTo(expected));
        Assert.That(DesiredStorage.For(storage).Attributes.GetValueOrDefault("oidc_support"), Is.EqualTo(expected == "false" ? "false" : null));
    }

    [TestCase(null, null, false), TestCase(TransferMode.Tokens, null, true), TestCase(null, TransferMode.Tokens, true), TestCase(TransferMode.Tokens, TransferMode.Certificates, false), TestCase(TransferMode.Certificates, TransferMode.Tokens, true)]
    public void A_VO_has_the_last_word_on_tokens(TransferMode? instance, TransferMode? vo, bool expected) =>
        Assert.That(StorageDefaults.Of(new() { Spec = new() { Transfers = new() { Mode = instance } } }, new() { Spec = new() { Transfers = new() { Mode = vo } } }).Tokens, Is.EqualTo(expected));

    [Test]
    public void The_VOs_FTS_server_is_the_storages_unless_it_names_one()
    {
        Assert.That(DesiredStorage.For(Storages.Of("{}"), new("https://fts", false)).Attributes["fts"], Is.EqualTo("https://fts"));
        Assert.That(DesiredStorage.For(Storages.Of("{fts: 'https://own'}"), new("https://fts", false)).Attributes["fts"], Is.EqualTo("https://own"));
    }
}
