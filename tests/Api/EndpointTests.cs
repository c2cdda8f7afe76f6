using NUnit.Framework;
using RucioOperator.Api;

namespace RucioOperator.Tests.Api;

public sealed class EndpointTests
{
    [TestCase("davs://eospublic.cern.ch:443/eos/x/", "davs", "eospublic.cern.ch", 443, "/eos/x/")]
    [TestCase("davs://EOSpublic.cern.ch/eos/x", "davs", "eospublic.cern.ch", 443, "/eos/x/")]
    [TestCase("https://h:8443/", "https", "h", 8443, "/")]
    [TestCase("http://h/x", "http", "h", 80, "/x/")]
    [TestCase("root://h//eos/x", "root", "h", 1094, "//eos/x/")]
    [TestCase("srm+https://h/x", "srm+https", "h", 8443, "/x/")]
    [TestCase("storm://h/x", "storm", "h", 8443, "/x/")]
    [TestCase("s3://h/bucket", "s3", "h", 443, "/bucket/")]
    [TestCase("file:///data/x", "file", "localhost", 0, "/data/x/")]
    [TestCase("davs://192.0.2.1:1/x/", "davs", "192.0.2.1", 1, "/x/")]
    [TestCase("davs://[2001:DB8:0::1]:8443/x/", "davs", "[2001:db8::1]", 8443, "/x/")]
    [TestCase("davs://[2001:db8::1]/x/", "davs", "[2001:db8::1]", 443, "/x/")]
    public void An_endpoint_is_split_as_rucio_needs_it(string url, string scheme, string host, int port, string prefix)
    {
        var endpoint = Endpoint.Parse(url);

        Assert.That(endpoint, Is.EqualTo(new Endpoint(scheme, host, port, prefix)));
        Assert.That(Endpoint.Parse(endpoint.ToString()), Is.EqualTo(endpoint));
    }

    [TestCase("srm+https://h:8444/srm/managerv2?SFN=/pnfs/x", "/srm/managerv2?SFN=", "/pnfs/x/")]
    [TestCase("srm+https://h/srm/v2/server?SFN=/pnfs/x/", "/srm/v2/server?SFN=", "/pnfs/x/")]
    [TestCase("srm+https://h/srm/managerv2/x/", null, "/srm/managerv2/x/")]
    public void The_service_path_of_srm_is_no_part_of_the_prefix(string url, string? service, string prefix)
    {
        var endpoint = Endpoint.Parse(url);

        Assert.That((endpoint.WebServicePath, endpoint.Prefix), Is.EqualTo((service, prefix)));
        Assert.That(Endpoint.Parse(endpoint.ToString()), Is.EqualTo(endpoint));
    }

    [TestCase("")]
    [TestCase("host/x")]
    [TestCase("davs://host")]
    [TestCase("davs:///x")]
    [TestCase("davs://host:0/x")]
    [TestCase("davs://host:65536/x")]
    [TestCase("davs://host:/x")]
    [TestCase("davs://-host/x")]
    [TestCase("davs://ho..st/x")]
    [TestCase("davs://[::1/x")]
    [TestCase("davs://[127.0.0.1]/x")]
    [TestCase("davs://host//x")]
    [TestCase("root://host//x//y")]
    [TestCase("davs://host/x/./y")]
    [TestCase("davs://host/..")]
    [TestCase("davs://host/x%2e")]
    [TestCase("davs://host/x y")]
    [TestCase("davs://host/x\n")]
    [TestCase("davs://user@host/x")]
    [TestCase("DAVS://host/x")]
    [TestCase("file:///")]
    [TestCase("file://host/x")]
    [TestCase("gsiftp://host/x")]
    [TestCase("davs://host/srm/managerv2?SFN=/x")]
    [TestCase("srm+https://host/srm/managerv3?SFN=/x")]
    [TestCase("srm+https://host/srm/managerv2?SFN=x")]
    public void What_is_no_endpoint_is_refused_with_a_reason(string url)
    {
        Assert.That(Endpoint.TryParse(url, out _, out var fault), Is.False);
        Assert.That(fault, Is.Not.Empty);
    }
}
