using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Desired;

namespace RucioOperator.Tests.Desired;

public sealed class RucioConfigTests
{
    [TestCase(DatabaseSslMode.VerifyFull, null, "sslmode=verify-full&sslrootcert=%2Fetc%2Fpki%2Ftls%2Fcerts%2Fca-bundle.crt")]
    [TestCase(DatabaseSslMode.VerifyCA, "(pem)", "sslmode=verify-ca&sslrootcert=%2Fopt%2Frucio%2Fdatabase-ca%2Fca.crt")]
    [TestCase(DatabaseSslMode.Require, null, "sslmode=require")]
    public void Pods_verify_the_database_by_the_same_authorities_as_the_operator(DatabaseSslMode mode, string? ca, string query)
    {
        var login = new DatabaseLogin("rucio", "secret");
        var access = new DatabaseAccess(new("pg.example.org", 5432, "rucio", "rucio", mode, ca), login, login);
        Assert.That(RucioConfig.DatabaseUrl(access), Does.EndWith($"?{query}"));
    }
}
