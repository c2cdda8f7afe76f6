using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Controllers;

namespace RucioOperator.Tests.Controllers;

public sealed class FormerDelegationsTests
{
    [Test]
    public void What_a_status_says_leads_to_no_server_but_those_of_the_platform_engineer()
    {
        var instance = new RucioInstance { Spec = new() { Transfers = new() { FtsServers = ["https://fts.example.org:8446", "https://FTS.example.com:443"] } } };
        var status = new TransfersStatus
        {
            Delegations =
            [
                .. ((string[])["https://fts.example.org:8446", "https://fts.example.com", "https://10.0.0.1:6443", "https://fts.example.org:8447", "http://fts.example.org:8446", "https://fts.example.org:8446/elsewhere", "nonsense"])
                    .Select(server => new DelegationStatus { Server = server, Id = "0123456789abcdef", Dn = "/CN=robot" }),
            ],
        };
        Assert.That(Transfers.Former(status, instance).Select(f => f.Server.Authority), Is.EqualTo(new[] { "fts.example.org:8446", "fts.example.com" }));
        Assert.That(Transfers.Former(status, new RucioInstance()), Is.Empty);
    }
}
