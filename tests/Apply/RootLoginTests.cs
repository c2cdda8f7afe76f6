using k8s.Models;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Apply;

namespace RucioOperator.Tests.Apply;

public sealed class RootLoginTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [TestCase(null, null, null, ExpectedResult = false, Description = "nobody asks")]
    [TestCase("one", null, null, ExpectedResult = true, Description = "asked for")]
    [TestCase("one", null, "one", ExpectedResult = false, Description = "done")]
    [TestCase("two", null, "one", ExpectedResult = true, Description = "asked for again")]
    [TestCase(null, null, "one", ExpectedResult = false, Description = "the annotation was taken away")]
    [TestCase("", null, "one", ExpectedResult = false)]
    [TestCase(null, "30d", null, ExpectedResult = true, Description = "31 days old")]
    [TestCase(null, "32d", null, ExpectedResult = false)]
    [TestCase(null, "743h", null, ExpectedResult = true)]
    public bool A_rotation_is_due_when_it_is_asked_for_anew_or_the_login_is_old(string? wanted, string? age, string? had) =>
        new RootLogin("u", "p", had, Now.AddDays(-31), null).IsDue(Instance(wanted, age), Now);

    [Test]
    public void A_login_of_unknown_age_is_old_and_one_that_is_being_replaced_is_not_replaced_again()
    {
        Assert.That(new RootLogin("u", "p", null, null, null).IsDue(Instance(null, "9999d"), Now), Is.True);
        Assert.That(new RootLogin("u", "p", null, null, ("next", "p")).IsDue(Instance("one", "1h"), Now), Is.False);
    }

    [Test]
    public void A_new_login_answers_the_rotation_that_was_asked_for_and_is_read_as_it_was_written()
    {
        var login = RootLogin.Of(RootLogin.First(Instance("one", null), "u", "SECRET", Now));
        Assert.That(login, Is.EqualTo(new RootLogin("u", "SECRET", "one", Now, null)));
        Assert.That(login.IsDue(Instance("one", "1d"), Now), Is.False);
        Assert.That($"{login}", Does.Not.Contain("SECRET"));
    }

    private static RucioInstance Instance(string? wanted, string? age) => new()
    {
        Metadata = new V1ObjectMeta { Annotations = wanted is null ? null : new Dictionary<string, string> { [ApiGroup.RotateRootAnnotation] = wanted } },
        Spec = new RucioInstanceSpec { Tenancy = new TenancySpec { RootCredentialMaxAge = age } },
    };
}
