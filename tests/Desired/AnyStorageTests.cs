using CsCheck;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Desired;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Desired;

/// <summary>Whatever somebody writes into a StorageElement, good and bad pieces mixed.</summary>
public sealed class AnyStorageTests
{
    private const string Hidden = "hunter2";

    private static readonly Gen<string> Url = Gen.Frequency(
        (20, Gen.OneOf("davs://h.example.org:443/sky/", "root://h.example.org//sky/", "https://[2001:db8::1]:8443/sky/", "s3://s3.example.org/bucket/sky/", "file:///data/sky/", "srm+https://h.example.org/sky/", "storm://h.example.org/sky/", "http://h/sky/")),
        (1, Gen.OneOf("", "davs://", "davs://h/../x/", $"davs://me:{Hidden}@h.example.org/sky/", "davs://h:99999/sky/", "ftp://h/x/", "s3://s3.example.org/", "file:///", "root://h:0//x", "davs://H_h/x")),
        (1, Gen.String[0, 12]));

    private static readonly Gen<int?> Priority = Gen.OneOf<int?>(null, null, null, null, 0, 1, 7, -1);

    private static readonly Gen<EndpointSpec> Endpoint = Gen.Select(Url, Priority, Priority, Gen.OneOf<string?>(null, null, null, null, null, null, "rucio.rse.protocols.gfal.Default", "os.system"),
        (url, lan, wan, impl) => new EndpointSpec { Url = url, Lan = lan is null ? null : new() { Read = lan }, Wan = wan is null ? null : new() { Read = wan, ThirdPartyCopyRead = wan }, Impl = impl });

    private static readonly Gen<Dictionary<string, string>?> Attributes = Gen.Select(Gen.OneOf("site", "tier", "country", "use", "fts", "SKY_DISK", "sign_url", "a b"), Gen.OneOf("1", "true", "s3", "x y", "CH", "IT", "prod", new string('x', 300)))
        .List[0, 2].Select(list => list.Count == 0 ? null : list.DistinctBy(a => a.Item1).ToDictionary(a => a.Item1, a => a.Item2));

    private static readonly Gen<string?> Size = Gen.OneOf<string?>(null, null, null, null, "10Ti", "1k", "-1", "unlimited", "ten");

    private static readonly Gen<StorageElementSpec> Spec = Gen.Select(
        Gen.Select(Gen.OneOf("SKY_DISK", "SKY-TAPE_1", "SKY1", "A", "sky", "SKY__DISK", ""), Gen.OneOf(Enum.GetValues<StorageTechnology>().Cast<StorageTechnology?>().Concat(Enumerable.Repeat<StorageTechnology?>(null, 12)).ToArray()), Gen.OneOf(StorageType.DISK, StorageType.DISK, StorageType.TAPE)),
        Gen.Select(Endpoint.List[0, 2], Attributes, Gen.OneOf(false, false, false, true), Gen.OneOf(false, false, false, true)),
        Gen.Select(Size, Size, Gen.OneOf<string?>(null, null, "https://fts.example.org:8446", "fts"), Gen.OneOf<string?>(null, "hash", "sky_paths", "../x")),
        (head, parts, rest) => new StorageElementSpec
        {
            VoRef = new() { Name = "sky" },
            Rse = head.Item1,
            Technology = head.Item2,
            Type = head.Item3,
            Endpoints = parts.Item1,
            Attributes = parts.Item2,
            StagingArea = parts.Item3,
            Tokens = parts.Item4 ? new() : null,
            MinFreeSpace = rest.Item1,
            Capacity = rest.Item2,
            Fts = rest.Item3,
            Lfn2pfn = rest.Item4,
        });

    [Test]
    public void It_is_refused_by_the_name_of_a_field_or_can_be_told_to_Rucio()
    {
        var (taken, refused) = (0, 0);
        Spec.Sample(spec =>
        {
            var storage = new StorageElement { Spec = spec };
            var errors = StorageElementRules.Validate(storage);
            if (errors.Count == 0)
            {
                Interlocked.Increment(ref taken);
                Assert.That(ImportDocument.Of([DesiredStorage.For(storage)])["rses"]![spec.Rse]!["protocols"]!.AsArray(), Has.Count.EqualTo(spec.Endpoints!.Count));
                return;
            }
            Interlocked.Increment(ref refused);
            Assert.That(errors.Select(e => e.Path), Has.All.StartsWith("spec."));
            Assert.That(errors.Select(e => e.Message), Has.None.Empty.And.None.Contains(Hidden));
        }, iter: 5_000);
        Assert.That((taken, refused), Is.GreaterThan((100, 1000)));
    }
}
