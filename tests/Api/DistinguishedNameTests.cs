using System.Diagnostics;
using CsCheck;
using NUnit.Framework;
using RucioOperator.Api;

namespace RucioOperator.Tests.Api;

public sealed class DistinguishedNameTests
{
    [TestCase("CN=Alice Smith,OU=Users,DC=example,DC=org", "CN=Alice Smith,OU=Users,DC=example,DC=org")]
    [TestCase("/DC=org/DC=example/OU=Users/CN=Alice Smith", "CN=Alice Smith,OU=Users,DC=example,DC=org")]
    [TestCase("cn = Alice Smith , ou=Users,  dc=example,dc=org", "CN=Alice Smith,OU=Users,DC=example,DC=org")]
    [TestCase("/DC=ch/DC=cern/OU=Organic Units/OU=Users/CN=alice/CN=123456/CN=Alice Smith", "CN=Alice Smith,CN=123456,CN=alice,OU=Users,OU=Organic Units,DC=cern,DC=ch")]
    [TestCase("/C=DE/O=GermanGrid/CN=host/fts.example.org", "CN=host/fts.example.org,O=GermanGrid,C=DE")]
    [TestCase("/O=Example, Inc./CN=Robot: sky", "CN=Robot: sky,O=Example\\, Inc.,")]
    [TestCase("CN=Robot\\, the \\\"first\\\",O=a\\2Bb,ST=x", "CN=Robot\\, the \\\"first\\\",O=a\\+b,ST=x")]
    [TestCase("emailaddress=a@example.org,CN=a,C=CH", "emailAddress=a@example.org,CN=a,C=CH")]
    [TestCase("E=a@example.org,CN=a,S=Geneva,C=CH", "emailAddress=a@example.org,CN=a,ST=Geneva,C=CH")]
    public void A_name_is_brought_into_the_form_that_httpd_hands_over(string text, string expected) =>
        Assert.That(Parsed(text).Rfc2253, Is.EqualTo(expected.TrimEnd(',')));

    [TestCase("CN=Alice Smith,OU=Users,DC=example,DC=org", ExpectedResult = "/DC=org/DC=example/OU=Users/CN=Alice Smith")]
    [TestCase("CN=host/fts.example.org,O=a\\, b", ExpectedResult = "/O=a, b/CN=host/fts.example.org")]
    public string Or_into_openssls_old_form(string text) => Parsed(text).Slashes;

    [TestCase("", "key=value")]
    [TestCase("Alice", "key=value")]
    [TestCase("CN=Alice,", "key=value")]
    [TestCase("CN=,O=x", "no value")]
    [TestCase("XX=Alice,O=x", "keys out of CN")]
    [TestCase("subject=CN = Alice", "keys out of CN")]
    [TestCase("CN=José,O=x", "ASCII")]
    [TestCase("CN=Jos\\C3\\A9,O=x", "ASCII")]
    [TestCase("CN=Alice\nO=x", "ASCII")]
    [TestCase("CN=a+UID=b,O=x", "backslash")]
    [TestCase("CN=\"a, b\",O=x", "backslash")]
    [TestCase("CN=proxy,CN=Alice,O=x", "proxy")]
    [TestCase("CN=limited proxy,CN=Alice,O=x", "proxy")]
    [TestCase("/O=x/CN=Alice/CN=1234567890", "proxy")]
    [TestCase("C = CH, O = Example, CN = Alice", "order")]
    [TestCase("DC=org,DC=example,CN=Alice", "order")]
    public void A_name_that_can_never_log_in_is_refused_with_the_reason(string text, string words)
    {
        Assert.That(DistinguishedName.Parse(text, out var problem), Is.Null);
        Assert.That(problem, Does.Contain(words));
    }

    private static readonly Gen<string> Value = Gen.String["aB3 ,+\"\\<>;#=/.-@"].Where(v => v.Trim().Length > 0);
    private static readonly Gen<string> Any = Gen.String[Gen.Char[' ', '~'], 0, 40];

    [Test]
    public void What_was_written_once_is_read_as_the_same() => Gen.Select(Value, Gen.OneOf("O", "OU", "DC"), Value).Sample((name, key, value) =>
    {
        // A digit alone would be a proxy's name.
        var text = $"CN=x{Escaped(name)},{key}={Escaped(value)}";
        var first = Parsed(text).Rfc2253;
        return Parsed(first).Rfc2253 == first;
    });

    [Test]
    public void No_text_makes_it_throw() => Any.Sample(text =>
    {
        var name = DistinguishedName.Parse(text, out var problem);
        return name is null == problem is not null;
    });

    [TestCase("/DC=org/DC=example/OU=Users/CN=Alice Smith")]
    [TestCase("/C=CH/ST=Geneva/L=Meyrin/O=Example, Inc. #1/OU=a + b/CN=Robot: \"sky\" <1>; x")]
    [TestCase("/O= x /CN=#1 /emailAddress=a@example.org")]
    [TestCase("/UID=alice/GN=Alice/SN=Smith/serialNumber=4711/title=Dr./CN=alice")]
    public async Task OpenSSL_writes_the_subject_of_a_certificate_in_the_same_way(string subject)
    {
        if (!File.Exists("/usr/bin/openssl"))
            Assert.Ignore("needs /usr/bin/openssl");
        var request = await OpensslAsync("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", subject.Replace("+", "\\+"));
        var told = await PipedAsync(request, "req", "-noout", "-subject", "-nameopt", "RFC2253");
        Assert.That(Parsed(subject).Rfc2253, Is.EqualTo(told.TrimEnd('\n')["subject=".Length..]));
    }

    private static DistinguishedName Parsed(string text)
    {
        var name = DistinguishedName.Parse(text, out var problem);
        Assert.That(name, Is.Not.Null, $"{text}: {problem}");
        return name!;
    }

    private static string Escaped(string value) => string.Concat(value.Select(c => char.IsAsciiLetterOrDigit(c) ? $"{c}" : $"\\{c}"));

    private static Task<string> OpensslAsync(params string[] arguments) => PipedAsync("", arguments);

    private static async Task<string> PipedAsync(string input, params string[] arguments)
    {
        using var openssl = Process.Start(new ProcessStartInfo("/usr/bin/openssl", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await openssl.StandardInput.WriteAsync(input);
        openssl.StandardInput.Close();
        var (output, errors) = (await openssl.StandardOutput.ReadToEndAsync(), await openssl.StandardError.ReadToEndAsync());
        await openssl.WaitForExitAsync();
        Assert.That(openssl.ExitCode, Is.Zero, errors);
        return output;
    }
}
