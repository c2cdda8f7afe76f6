using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>/auth/ssh and its challenge (lib/rucio/core/authentication.py). An identity that is no RSA key breaks every SSH login of its account.</summary>
internal static class SshViews
{
    public static readonly Route[] Routes =
    [
        new("GET", "/auth/ssh_challenge_token", ChallengeAsync, Accept: "application/octet-stream") { IsOpen = true },
        new("GET", "/auth/ssh", LogInAsync, Accept: "application/octet-stream") { IsOpen = true },
    ];

    private static async Task<Answer> ChallengeAsync(Call call)
    {
        var account = await AccountOfAsync(call, "Account must be set.");
        if (!await IsActiveAsync(call, account))
            throw new AbortException(401, "CannotAuthenticate", $"Cannot generate challenge for account {account.External}");
        var (token, expires) = await IssueAsync(call, account, $"challenge-{RandomNumberGenerator.GetInt32(int.MaxValue)}-{account}-0", "10 seconds");
        return Told("X-Rucio-SSH-Challenge-Token", token, expires);
    }

    private static async Task<Answer> LogInAsync(Call call)
    {
        const string Incomplete = "Account and SSH signature must be set.";
        var account = await AccountOfAsync(call, Incomplete);
        var signature = call.Header("X-Rucio-SSH-Signature") ?? throw new AbortException(400, "ValueError", Incomplete);
        var challenges = await call.Db.QueryAsync($"SELECT token FROM tokens WHERE account = $1 AND expired_at >= {Session.Now} AND token LIKE 'challenge-%'", r => r.GetString(0), account.Internal);
        var keys = await call.Db.QueryAsync("SELECT identity FROM account_map WHERE account = $1 AND identity_type = 'SSH'", r => r.GetString(0), account.Internal);
        if (!await IsActiveAsync(call, account) || !keys.Exists(k => challenges.Exists(c => Signed(k, c, Convert.FromBase64String(signature)))))
            throw new AbortException(401, "CannotAuthenticate", $"Cannot authenticate to account {account.External} with given credentials");
        var (token, expires) = await IssueAsync(call, account, $"{account}-ssh:pubkey-{call.Header("X-Rucio-AppID") ?? "unknown"}-{Guid.NewGuid():N}", "1 hour");
        return Told("X-Rucio-Auth-Token", token, expires);
    }

    private static async Task<InternalAccount> AccountOfAsync(Call call, string otherwise) => call.Header("X-Rucio-Account") is { Length: > 0 } name
        ? new InternalAccount(name, await Schemas.MapVoAsync(call, call.Header("X-Rucio-VO") ?? InternalAccount.BaseVo))
        : throw new AbortException(400, "ValueError", otherwise);

    private static Task<bool> IsActiveAsync(Call call, InternalAccount account) => call.Db.ExistsAsync("SELECT 1 FROM accounts WHERE account = $1 AND status = 'ACTIVE'", account.Internal);

    private static async Task<(string Token, DateTime Expires)> IssueAsync(Call call, InternalAccount account, string token, string lifetime) => (token, await call.Db.ScalarAsync<DateTime>(
        $"INSERT INTO tokens (token, account, refresh, expired_at, ip, created_at, updated_at) VALUES ($1, $2, false, {Session.Now} + interval '{lifetime}', $3, {Session.Now}, {Session.Now}) RETURNING expired_at",
        token, account.Internal, call.Header("X-Forwarded-For") ?? call.Peer));

    private static bool Signed(string line, string challenge, byte[] message)
    {
        ReadOnlySpan<byte> key = Convert.FromBase64String(line.Split(' ')[1]), signature = message;
        if (!Next(ref key).SequenceEqual("ssh-rsa"u8))
            throw new PythonException("not a valid RSA private key file");
        var (exponent, modulus) = (Next(ref key).ToArray(), Next(ref key).TrimStart((byte)0).ToArray());
        var hash = Encoding.ASCII.GetString(Next(ref signature)) == "ssh-rsa" ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        using var rsa = RSA.Create(new RSAParameters { Exponent = exponent, Modulus = modulus });
        return rsa.VerifyData(Encoding.UTF8.GetBytes(challenge), Next(ref signature), hash, RSASignaturePadding.Pkcs1);
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> rest)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(rest);
        var field = rest.Slice(4, length);
        rest = rest[(4 + length)..];
        return field;
    }

    private static Answer Told(string header, string token, DateTime expires) => new(200, "", "application/octet-stream")
    {
        Headers = new Dictionary<string, string> { [header] = token, [$"{header}-Expires"] = PythonJson.Date(expires) },
    };
}
