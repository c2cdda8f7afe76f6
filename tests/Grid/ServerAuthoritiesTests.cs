using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Grid;

public sealed class ServerAuthoritiesTests
{
    private readonly ThrowAwayAuthority _ours = new("Ours"), _theirs = new("Theirs");

    [OneTimeTearDown]
    public void Forget() => ((IDisposable[])[_ours, _theirs]).ToList().ForEach(a => a.Dispose());

    [Test]
    public void The_authority_beside_the_certificate_is_taken_as_it_is() =>
        Assert.That(ServerAuthorities.Of([(Certificate(_ours), _ours.CaPem)], null), Is.EqualTo(_ours.CaPem + "\n"));

    [Test]
    public void Else_the_one_of_the_trusted_that_signed_it_and_no_other() =>
        Assert.That(ServerAuthorities.Of([(Certificate(_ours), "")], _theirs.CaPem + "\n" + _ours.CaPem), Is.EqualTo(_ours.CaPem + "\n"));

    [Test]
    public void A_certificate_that_none_of_them_signed_is_left_to_the_system() =>
        Assert.That(ServerAuthorities.Of([(Certificate(_ours), "")], _theirs.CaPem), Is.Null);

    [Test]
    public void A_self_signed_certificate_vouches_for_itself() =>
        Assert.That(ServerAuthorities.Of([(_ours.CaPem, "")], null), Is.EqualTo(_ours.CaPem + "\n"));

    [Test]
    public void Two_servers_of_one_authority_need_it_once_and_of_two_both() =>
        Assert.That(ServerAuthorities.Of([(Certificate(_ours), _ours.CaPem), (Certificate(_ours), ""), (Certificate(_theirs), "")], _ours.CaPem + "\n" + _theirs.CaPem),
            Is.EqualTo(_ours.CaPem + "\n" + _theirs.CaPem + "\n"));

    [Test]
    public void What_is_no_certificate_is_no_authority() => Assert.That(ServerAuthorities.Of([("nonsense", "nonsense")], "nonsense"), Is.Null);

    private static string Certificate(ThrowAwayAuthority authority) => authority.Issue("server", "rucio.example.org").CertificatePem;
}
