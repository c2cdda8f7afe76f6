using NUnit.Framework;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.RucioApi;

/// <summary>A figure's label must be one of few, whatever things are called.</summary>
public sealed class RucioOperationsTests
{
    [TestCase("accounts/alice/scopes/data", "/accounts/{}/scopes/{}")]
    [TestCase("accounts/?identity=x", "/accounts")]
    [TestCase("accounts/scopes/attr/limits", "/accounts/{}/attr/limits", Description = "names that are words make none that is not there")]
    [TestCase("auth/userpass", "/auth/userpass")]
    [TestCase("config/policy/package-sky/rucio_tenant_policy", "/config/{}/{}/{}")]
    [TestCase("export?distance=true", "/export")]
    [TestCase("identities/accounts?identity_key=a&type=X509", "/identities/accounts")]
    [TestCase("identities/root/userpass", "/identities/{}/userpass")]
    [TestCase("ping", "/ping")]
    [TestCase("rses/SKY_DISK/protocols/davs/host.example.org/443", "/rses/{}/protocols/{}/{}/{}")]
    [TestCase("vos/sky/recover", "/vos/{}/recover")]
    [TestCase("anything/else", "/other")]
    [TestCase("", "/other")]
    public void A_path_becomes_its_route(string path, string route) => Assert.That(RucioOperations.Of("GET", path), Is.EqualTo($"GET {route}"));
}
