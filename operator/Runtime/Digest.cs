using System.Security.Cryptography;
using System.Text;

namespace RucioOperator.Runtime;

/// <summary>SHA-256 of a text, in hexadecimal: for marks, names and fingerprints, never for secrets that can be guessed.</summary>
public static class Digest
{
    public static string Of(string text, int digits = 64) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..digits];
}
