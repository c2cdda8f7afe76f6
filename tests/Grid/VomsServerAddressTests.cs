using NUnit.Framework;
using RucioOperator.Grid;

namespace RucioOperator.Tests.Grid;

public sealed class VomsServerAddressTests
{
    [TestCase(""" "escape" "voms-escape.cloud.cnaf.infn.it" "15000" "/DC=org/DC=terena/CN=voms-escape.cloud.cnaf.infn.it" "escape" """)]
    [TestCase(""" "alias" "voms-escape.cloud.cnaf.infn.it"  "15000"	"/DC=org/DC=terena/CN=voms-escape.cloud.cnaf.infn.it" "escape" "24" """)]
    public void A_line_is_read_as_voms_servers_publish_it(string line) =>
        Assert.That(VomsServerAddress.Parse(line, out _), Is.EqualTo(new VomsServerAddress("escape", "voms-escape.cloud.cnaf.infn.it", 15000, "/DC=org/DC=terena/CN=voms-escape.cloud.cnaf.infn.it")));

    [TestCase("", "vomses file")]
    [TestCase("escape voms.example.org 15000 /CN=x escape", "vomses file")]
    [TestCase(""" "escape" "voms.example.org" "15000" "/CN=x" """, "vomses file")]
    [TestCase(""" "escape" "https://voms.example.org" "15000" "/CN=x" "escape" """, "vomses file")]
    [TestCase(""" "escape" "voms.example.org" "99999" "/CN=x" "escape" """, "1 to 65535")]
    public void What_is_wrong_with_a_line_is_said(string line, string words)
    {
        Assert.That(VomsServerAddress.Parse(line, out var problem), Is.Null);
        Assert.That(problem, Does.Contain(words));
    }
}
