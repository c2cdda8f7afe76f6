using System.Buffers.Binary;
using System.Security.Cryptography;
using NUnit.Framework;
using RucioOperator.Api;

namespace RucioOperator.Tests.Api;

public sealed class SshKeyTests
{
    [Test]
    public void A_key_is_the_same_identity_whatever_its_comment()
    {
        var line = Line(2048);
        Assert.That(SshKey.Parse($"{line} alice@laptop of hers"), Is.EqualTo(line));
        Assert.That(SshKey.Parse($"  {line}  "), Is.EqualTo(line));
    }

    [Test]
    public void What_rucio_could_not_use_is_refused()
    {
        var line = Line(2048);
        var broken = (string[])
        [
            "", "ssh-rsa", "ssh-rsa AAAA", "ssh-rsa !!!!", $"ssh-ed25519 {line[8..]}", $"from=\"*\" {line}", line[8..], $"{line}\nssh-rsa AAAA", Line(1024), line[..^8],
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKNvZGV4bWFjaGluZXNhcmVub3RodW1hbnNhdGFsbA== x", $"ssh-rsa {Convert.ToBase64String([.. Convert.FromBase64String(line[8..]), 0])}",
        ];
        Assert.Multiple(() => Array.ForEach(broken, b => Assert.That(SshKey.Parse(b), Is.Null, b)));
    }

    public static string Line(int bits) => Line(RSA.Create(bits));

    /// <summary>RFC 4253: kind, exponent and modulus, each with its length before it.</summary>
    public static string Line(RSA key)
    {
        var parameters = key.ExportParameters(false);
        return $"ssh-rsa {Convert.ToBase64String([.. Field("ssh-rsa"u8), .. Field(parameters.Exponent), .. Field([0, .. parameters.Modulus!])])}";
    }

    private static byte[] Field(ReadOnlySpan<byte> bytes)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        return [.. length, .. bytes];
    }
}
