using System.Security.Cryptography;
using System.Text;

namespace RucioOperator.Catalogue;

/// <summary>
/// The text PostgreSQL stores for a SCRAM-SHA-256 password (RFC 5802, RFC 7677). Sent instead of the password,
/// so that a server which logs statements never sees one.
/// </summary>
public static class ScramVerifier
{
    private const int Iterations = 4096;

    public static string For(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        var storedKey = SHA256.HashData(clientKey);
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
    }
}
