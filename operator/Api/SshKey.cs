using System.Buffers.Binary;

namespace RucioOperator.Api;

/// <summary>
/// Public key of an SSH login. Rucio takes the second word of the line for an RSA key, whatever it is (get_auth_token_ssh in
/// lib/rucio/core/authentication.py): any other kind would break every SSH login of that account.
/// </summary>
public static class SshKey
{
    private const string Kind = "ssh-rsa";
    private const int SmallestModulus = 2048 / 8;

    /// <param name="line">As in <c>id_rsa.pub</c>.</param>
    /// <returns>Kind and key without the comment, so that one key is one identity; null: not an RSA key of 2048 bits or more.</returns>
    public static string? Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || words[0] != Kind || line.AsSpan().IndexOfAny('\r', '\n') >= 0)
        {
            return null;
        }
        var data = new byte[words[1].Length];
        if (!Convert.TryFromBase64String(words[1], data, out var length))
        {
            return null;
        }
        ReadOnlySpan<byte> rest = data.AsSpan(0, length);
        return Next(ref rest) is { } kind && kind.AsSpan().SequenceEqual("ssh-rsa"u8) && Next(ref rest) is { Length: > 0 } && Next(ref rest) is { } modulus && modulus.Length >= SmallestModulus && rest.Length == 0
            ? $"{Kind} {words[1]}"
            : null;
    }

    /// <summary>RFC 4251: four bytes of length, then the bytes.</summary>
    private static byte[]? Next(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length > rest.Length - 4)
        {
            return null;
        }
        var field = rest.Slice(4, (int)length).ToArray();
        rest = rest[(4 + (int)length)..];
        return field;
    }
}
